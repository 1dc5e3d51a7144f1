-- Impressions and clicks of listings.
SELECT
  l.account_id,
  l.metastore_id,
  'AWS' AS metastore_cloud,
  'us-east-1' AS metastore_region,
  l.provider_id,
  l.provider_name,
  l.listing_id,
  l.listing_title AS listing_name,
  CASE WHEN b.k % 10 < 6 THEN 'VIEW_LISTING' WHEN b.k % 10 < 9 THEN 'CLICK_GET_DATA' ELSE 'OPEN_DATA' END AS event_type,
  timestamp_micros(b.us) AS event_time,
  date_from_unix_date(b.d) AS event_date,
  CASE WHEN b.k % 3 = 0 THEN 'AZURE' ELSE 'AWS' END AS consumer_cloud,
  CASE WHEN b.k % 3 = 0 THEN 'westeurope' ELSE 'us-west-2' END AS consumer_region,
  b.arrival
FROM sim.beat AS b
CROSS JOIN sim.size AS s
JOIN sim.listing AS l ON l.listing_no = b.n % s.listings
WHERE b.kind = 'listing'
