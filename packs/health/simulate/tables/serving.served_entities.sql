-- Models behind endpoints; some get a second version.
SELECT
  e.served_entity_id,
  e.account_id,
  e.workspace_id,
  e.created_by,
  e.endpoint_name,
  e.endpoint_id,
  concat(e.endpoint_name, '-entity') AS served_entity_name,
  e.entity_type,
  concat('prod.models.', replace(e.endpoint_name, '-', '_')) AS entity_name,
  CAST(1 + v.version AS STRING) AS entity_version,
  1 + v.version AS endpoint_config_version,
  'llm/v1/chat' AS task,
  CASE v.version WHEN 0 THEN e.created_at ELSE CAST(v.day AS TIMESTAMP) + make_dt_interval(0, 13, 5) END AS change_time,
  v.day AS arrival
FROM sim.endpoint AS e
JOIN sim.version AS v ON v.entity = 'endpoint' AND v.entity_no = e.endpoint_no
