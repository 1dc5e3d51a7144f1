CREATE TABLE gold.fact_listing_access AS
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
FROM bronze.listing_access_events AS b;
