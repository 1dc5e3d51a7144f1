-- Requests for data of listings.
SELECT
  l.account_id,
  l.metastore_id,
  'AWS' AS metastore_cloud,
  'us-east-1' AS metastore_region,
  l.provider_id,
  l.provider_name,
  l.listing_id,
  l.listing_title AS listing_name,
  concat('recipient-', CAST(b.k % 40 AS STRING)) AS consumer_delta_sharing_recipient_name,
  'DATABRICKS' AS consumer_delta_sharing_recipient_type,
  'AWS' AS consumer_cloud,
  'us-west-2' AS consumer_region,
  sim_uuid('consumer', b.k % 40) AS consumer_metastore_id,
  concat('buyer', CAST(b.k % 40 AS STRING), '@example.org') AS consumer_email,
  concat('Buyer ', CAST(b.k % 40 AS STRING)) AS consumer_name,
  'Example Retail' AS consumer_company,
  'Market analysis' AS consumer_intended_use,
  CASE WHEN b.k % 4 = 0 THEN 'REQUEST_DATA' ELSE 'GET_DATA' END AS event_type,
  timestamp_micros(b.us) AS event_time,
  date_from_unix_date(b.d) AS event_date,
  b.arrival
FROM sim.beat AS b
CROSS JOIN sim.size AS s
JOIN sim.listing AS l ON l.listing_no = b.n % s.listings
WHERE b.kind = 'listing_access'
