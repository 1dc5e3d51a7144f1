-- Tasks of jobs as they are now.
-- Grain: one row a task of a job; key (workspace_id, job_id, task_key).
-- Inputs: system_bronze.job_tasks; :since is the newest load that was published before.
CREATE TABLE IF NOT EXISTS system_gold.dim_job_task (
  account_id STRING COMMENT 'Account that the row belongs to',
  workspace_id STRING COMMENT 'Workspace that the row belongs to',
  job_id STRING COMMENT 'Job of the task',
  task_key STRING COMMENT 'Task within the job',
  change_time TIMESTAMP COMMENT 'When this definition came into force (UTC)',
  delete_time TIMESTAMP COMMENT 'When the object was deleted (UTC); null while it exists',
  depends_on_keys_json STRING COMMENT 'Tasks that must end before this one starts, as JSON',
  CONSTRAINT pk_dim_job_task PRIMARY KEY (workspace_id, job_id, task_key),
  CONSTRAINT fk_dim_job_task_job_id FOREIGN KEY (workspace_id, job_id) REFERENCES system_gold.dim_job (workspace_id, job_id)
)
USING DELTA
COMMENT 'Tasks of jobs as they are now: one row a task of a job'
TBLPROPERTIES (
  'secchi.domain' = 'reliability',
  'secchi.event_time' = 'change_time',
  'data_classification' = 'internal',
  'contains_pii' = 'false',
  'business_owner' = 'Platform Operations',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_gold.dim_job_task AS t
USING (
  WITH changed_task AS (
    SELECT DISTINCT b.workspace_id, b.job_id, b.task_key
    FROM system_bronze.job_tasks AS b
    WHERE b.bronze_ingestion_timestamp > :since
  ),
  newest_version AS (
    SELECT
      v.*,
      ROW_NUMBER() OVER (PARTITION BY v.workspace_id, v.job_id, v.task_key ORDER BY v.change_time DESC) AS version_rank
    FROM system_bronze.job_tasks AS v
    INNER JOIN changed_task AS a ON a.workspace_id <=> v.workspace_id AND a.job_id <=> v.job_id AND a.task_key <=> v.task_key
  )
  SELECT
    b.account_id,
    b.workspace_id,
    b.job_id,
    b.task_key,
    b.change_time,
    b.delete_time,
    TO_JSON(b.depends_on_keys) AS depends_on_keys_json
  FROM newest_version AS b
  WHERE b.version_rank = 1
) AS s
ON t.workspace_id <=> s.workspace_id
  AND t.job_id <=> s.job_id
  AND t.task_key <=> s.task_key
WHEN MATCHED THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
