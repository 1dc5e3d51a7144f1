-- Definitions of pipelines.
SELECT
  p.workspace_id,
  p.pipeline_id,
  'ETL_PIPELINE' AS pipeline_type,
  p.pipeline_name AS name,
  p.created_by,
  p.run_as,
  CASE WHEN p.tagged THEN p.all_tags ELSE map() END AS tags,
  named_struct('photon', TRUE, 'development', FALSE, 'continuous', FALSE, 'serverless', p.pipeline_no % 2 = 0, 'edition', 'ADVANCED', 'channel', CASE v.version WHEN 0 THEN 'CURRENT' ELSE 'PREVIEW' END)
    AS settings,
  map('pipelines.trigger.interval', '15 minutes') AS configuration,
  CASE v.version WHEN 0 THEN p.created_at ELSE CAST(v.day AS TIMESTAMP) + make_dt_interval(0, 12, 45) END AS change_time,
  p.account_id,
  v.day AS arrival
FROM sim.pipeline AS p
JOIN sim.version AS v ON v.entity = 'pipeline' AND v.entity_no = p.pipeline_no
