CREATE TABLE gold.dim_job AS
SELECT
  b.account_id,
  b.workspace_id,
  b.job_id,
  b.name,
  b.creator_id,
  b.run_as,
  b.change_time,
  b.delete_time,
  b.description,
  to_json(b.tags)::VARCHAR AS tags_json
FROM bronze.jobs AS b
QUALIFY row_number() OVER (PARTITION BY b.workspace_id, b.job_id ORDER BY b.change_time DESC) = 1;
