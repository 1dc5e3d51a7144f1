-- Requests for and accesses to the data of marketplace listings.
-- Grain: one row an event; key (listing_id, event_type, event_time, consumer_email).
-- The key is that of the source: a request and the access that it led to may bear the same time.
-- Inputs: system_bronze.listing_access_events; :since is the newest load that was published before.
CREATE TABLE IF NOT EXISTS system_gold.fact_listing_access (
  account_id STRING COMMENT 'Account of the provider that owns the listing',
  metastore_id STRING COMMENT 'Unity Catalog metastore of the provider',
  metastore_cloud STRING COMMENT 'Cloud of that metastore: AWS, AZURE or GCP',
  metastore_region STRING COMMENT 'Region of that metastore',
  provider_id STRING COMMENT 'Provider of the listing',
  provider_name STRING COMMENT 'Name of the provider',
  listing_id STRING COMMENT 'Listing in the marketplace',
  listing_name STRING COMMENT 'Name of the listing',
  consumer_delta_sharing_recipient_name STRING COMMENT 'Delta Sharing recipient that the consumer was given',
  consumer_delta_sharing_recipient_type STRING COMMENT 'How the recipient signs in: OPEN or DATABRICKS',
  consumer_cloud STRING COMMENT 'Cloud of the consumer',
  consumer_region STRING COMMENT 'Region of the consumer',
  consumer_metastore_id STRING COMMENT 'Metastore of the consumer; null when it has none',
  consumer_email STRING COMMENT 'E-mail of the consumer',
  consumer_name STRING COMMENT 'Name of the consumer',
  consumer_company STRING COMMENT 'Company of the consumer',
  consumer_intended_use STRING COMMENT 'What the consumer means to use the data for',
  consumer_comment STRING COMMENT 'Remark of the consumer',
  event_type STRING COMMENT 'REQUEST_DATA for a request, GET_DATA for data taken',
  event_time TIMESTAMP COMMENT 'When the event happened (UTC)',
  event_date DATE COMMENT 'UTC day of event_time',
  CONSTRAINT pk_fact_listing_access PRIMARY KEY (listing_id, event_type, event_time, consumer_email)
)
USING DELTA
COMMENT 'Requests for and accesses to the data of marketplace listings: one row an event'
TBLPROPERTIES (
  'secchi.domain' = 'security',
  'secchi.event_time' = 'event_time',
  'secchi.row_of' = 'listing_access_events',
  'data_classification' = 'confidential',
  'contains_pii' = 'true',
  'business_owner' = 'Security and Governance',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_gold.fact_listing_access AS t
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
    b.consumer_delta_sharing_recipient_name,
    b.consumer_delta_sharing_recipient_type,
    b.consumer_cloud,
    b.consumer_region,
    b.consumer_metastore_id,
    b.consumer_email,
    b.consumer_name,
    b.consumer_company,
    b.consumer_intended_use,
    b.consumer_comment,
    b.event_type,
    b.event_time,
    b.event_date
  FROM system_bronze.listing_access_events AS b
  WHERE b.bronze_ingestion_timestamp > :since
) AS s
ON t.listing_id <=> s.listing_id
  AND t.event_type <=> s.event_type
  AND t.event_time <=> s.event_time
  AND t.consumer_email <=> s.consumer_email
WHEN MATCHED THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
