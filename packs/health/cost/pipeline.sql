-- Cost by pipeline
-- Unattributed: usage without a pipeline
-- Grain: one row a usage record that can be attributed.
-- Input: fact_usage, dim_pipeline.
SELECT
  f.record_id,
  CONCAT_WS('/', f.workspace_id, f.usage_metadata_dlt_pipeline_id) AS attribution_key,
  d.name AS attribution_name
FROM fact_usage AS f
LEFT JOIN dim_pipeline AS d ON d.workspace_id <=> f.workspace_id AND d.pipeline_id = f.usage_metadata_dlt_pipeline_id
WHERE f.usage_metadata_dlt_pipeline_id IS NOT NULL
