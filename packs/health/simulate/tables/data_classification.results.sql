-- Columns in which sensitive data was found: all at the start, some found again later.
SELECT
  sim_uuid('catalog', s.seed, t.catalog_name) AS catalog_id,
  t.table_id,
  timestamp_micros(x.us) AS latest_detected_time,
  CAST(s.first_day AS TIMESTAMP) AS first_detected_time,
  t.catalog_name,
  t.schema_name,
  t.table_name,
  c.column_name,
  'STRING' AS data_type,
  CASE c.column_name WHEN 'email' THEN 'class.email_address' WHEN 'full_name' THEN 'class.name' ELSE 'class.phone_number' END AS class_tag,
  array('redacted') AS samples,
  CASE WHEN c.column_no = 2 THEN 'LOW' ELSE 'HIGH' END AS confidence,
  0.9D AS frequency,
  x.arrival
FROM (
  SELECT unix_micros(CAST(z.first_day AS TIMESTAMP)) AS us, y.table_no, z.first_day AS arrival FROM sim.table AS y CROSS JOIN sim.size AS z
  UNION ALL
  SELECT b.us, b.table_no, b.arrival FROM sim.beat AS b WHERE b.kind = 'classification'
) AS x
CROSS JOIN sim.size AS s
JOIN sim.table AS t ON t.table_no = x.table_no AND t.sensitive
JOIN sim.column AS c ON c.table_no = t.table_no AND c.column_name IN ('email', 'full_name', 'phone_number')
