-- Steps of consumers from the sight of a marketplace listing to its data.
-- Grain: one row an event; key (listing_id, event_type, event_time, consumer_cloud, consumer_region).
-- Events have no identifier. The key is that of the source: consumers of two regions may take the same step at the same time.
-- Inputs: system_bronze.listing_funnel_events; :since is the newest load that was published before.
CREATE TABLE IF NOT EXISTS system_gold.fact_listing_funnel (
  account_id STRING COMMENT 'Account of the provider that owns the listing',
  metastore_id STRING COMMENT 'Unity Catalog metastore of the provider',
  metastore_cloud STRING COMMENT 'Cloud of that metastore: AWS, AZURE or GCP',
  metastore_region STRING COMMENT 'Region of that metastore',
  provider_id STRING COMMENT 'Provider of the listing',
  provider_name STRING COMMENT 'Name of the provider',
  listing_id STRING COMMENT 'Listing in the marketplace',
  listing_name STRING COMMENT 'Name of the listing',
  event_type STRING COMMENT 'Step of the funnel: VIEW_LISTING, START_REQUEST, COMPLETE_REQUEST, ABANDON_REQUEST, ...',
  event_time TIMESTAMP COMMENT 'When the event happened (UTC)',
  event_date DATE COMMENT 'UTC day of event_time',
  consumer_cloud STRING COMMENT 'Cloud of the consumer',
  consumer_region STRING COMMENT 'Region of the consumer',
  CONSTRAINT pk_fact_listing_funnel PRIMARY KEY (listing_id, event_type, event_time, consumer_cloud, consumer_region)
)
USING DELTA
COMMENT 'Steps of consumers from the sight of a marketplace listing to its data: one row an event'
TBLPROPERTIES (
  'secchi.domain' = 'security',
  'secchi.event_time' = 'event_time',
  'secchi.row_of' = 'listing_funnel_events',
  'data_classification' = 'internal',
  'contains_pii' = 'false',
  'business_owner' = 'Security and Governance',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_gold.fact_listing_funnel AS t
USING (
  SELECT
    b.account_id,
    b.metastore_id,
    b.metastore_cloud,
    b.metastore_region,
    b.provider_id,
    b.provider_name,
    b.listing_id,
    b.listing_name,
    b.event_type,
    b.event_time,
    b.event_date,
    b.consumer_cloud,
    b.consumer_region
  FROM system_bronze.listing_funnel_events AS b
  WHERE b.bronze_ingestion_timestamp > :since
) AS s
ON t.listing_id <=> s.listing_id
  AND t.event_type <=> s.event_type
  AND t.event_time <=> s.event_time
  AND t.consumer_cloud <=> s.consumer_cloud
  AND t.consumer_region <=> s.consumer_region
WHEN MATCHED THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
