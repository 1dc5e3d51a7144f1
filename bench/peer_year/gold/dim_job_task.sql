CREATE TABLE gold.dim_job_task AS
SELECT
  b.account_id,
  b.workspace_id,
  b.job_id,
  b.task_key,
  b.change_time,
  b.delete_time,
  to_json(b.depends_on_keys)::VARCHAR AS depends_on_keys_json
FROM bronze.job_tasks AS b
QUALIFY row_number() OVER (PARTITION BY b.workspace_id, b.job_id, b.task_key ORDER BY b.change_time DESC) = 1;
