-- Steps of consumers from the sight of a marketplace listing to its data, as system.marketplace.listing_funnel_events gives them.
-- Grain: one row an event; natural key (listing_id, event_type, event_time, consumer_cloud, consumer_region), matched null-safe.
-- Input: incoming.listing_funnel_events, the checked and de-duplicated rows of one load.
CREATE TABLE IF NOT EXISTS system_bronze.listing_funnel_events (
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
  bronze_ingestion_timestamp TIMESTAMP COMMENT 'When the row was loaded or replaced (UTC); the same for all rows of a load, later for later loads',
  bronze_source_file STRING COMMENT 'Where the row was delivered: <source>/<file>, for Delta <source>/<table>/<version>/<file>',
  bronze_source_seq BIGINT COMMENT 'Place in that file: row number or byte offset; of two deliveries of a row the later file and place wins',
  CONSTRAINT pk_listing_funnel_events PRIMARY KEY (listing_id, event_type, event_time, consumer_cloud, consumer_region)
)
USING DELTA
COMMENT 'Steps of consumers from the sight of a marketplace listing to its data (system.marketplace.listing_funnel_events): one row an event'
TBLPROPERTIES (
  'secchi.system_table' = 'system.marketplace.listing_funnel_events',
  'secchi.domain' = 'security',
  'secchi.event_time' = 'event_time',
  'data_classification' = 'internal',
  'contains_pii' = 'false',
  'business_owner' = 'Security and Governance',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_bronze.listing_funnel_events AS t
USING incoming.listing_funnel_events AS s
ON t.listing_id <=> s.listing_id
  AND t.event_type <=> s.event_type
  AND t.event_time <=> s.event_time
  AND t.consumer_cloud <=> s.consumer_cloud
  AND t.consumer_region <=> s.consumer_region
WHEN MATCHED AND (s.bronze_source_file > t.bronze_source_file
  OR (s.bronze_source_file = t.bronze_source_file AND s.bronze_source_seq >= t.bronze_source_seq)) THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
