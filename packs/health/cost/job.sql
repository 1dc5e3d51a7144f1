-- Cost by job; a job is told by its workspace and its identifier
-- Unattributed: usage that no job caused
-- Grain: one row a usage record that can be attributed.
-- Input: fact_usage, dim_job.
SELECT
  f.record_id,
  CONCAT_WS('/', f.workspace_id, f.usage_metadata_job_id) AS attribution_key,
  COALESCE(d.name, f.usage_metadata_job_name) AS attribution_name
FROM fact_usage AS f
LEFT JOIN dim_job AS d ON d.workspace_id <=> f.workspace_id AND d.job_id = f.usage_metadata_job_id
WHERE f.usage_metadata_job_id IS NOT NULL
