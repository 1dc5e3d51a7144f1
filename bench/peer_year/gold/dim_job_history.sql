CREATE TABLE gold.dim_job_history AS
SELECT
  b.account_id,
  b.workspace_id,
  b.job_id,
  b.name,
  b.creator_id,
  b.run_as,
  b.description,
  to_json(b.tags)::VARCHAR AS tags_json,
  b.delete_time,
  b.change_time AS valid_from,
  lead(b.change_time) OVER w AS valid_to,
  lead(TRUE) OVER w IS NULL AS is_current
FROM bronze.jobs AS b
WINDOW w AS (PARTITION BY b.workspace_id, b.job_id ORDER BY b.change_time);
