CREATE TABLE gold.fact_listing_funnel AS
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
FROM bronze.listing_funnel_events AS b;
