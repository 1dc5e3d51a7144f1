-- Task runs of jobs with their outcome.
-- Grain: one row a task run, over all its hourly slices; key (workspace_id, run_id).
-- Inputs: system_bronze.job_task_run_timeline; :since is the newest load that was published before.
CREATE TABLE IF NOT EXISTS system_gold.fact_job_task_run_timeline (
  account_id STRING COMMENT 'Account that the row belongs to',
  workspace_id STRING COMMENT 'Workspace that the row belongs to',
  job_id STRING COMMENT 'Job of the task',
  run_id STRING COMMENT 'Run of the task',
  period_start_time TIMESTAMP COMMENT 'Start of the task run (UTC)',
  period_end_time TIMESTAMP COMMENT 'End of the task run, of its last slice so far while it runs (UTC)',
  task_key STRING COMMENT 'Task within the job',
  result_state STRING COMMENT 'SUCCEEDED, FAILED, ERROR, CANCELLED, SKIPPED, TIMED_OUT or BLOCKED; null while it runs',
  job_run_id STRING COMMENT 'Run of the job that this task run belongs to',
  parent_run_id STRING COMMENT 'Run of the parent: the job run, or the run of the loop that holds the task',
  termination_code STRING COMMENT 'Why the run ended, e.g. SUCCESS, RUN_EXECUTION_ERROR, USER_CANCELED; null while it runs',
  compute_ids_json STRING COMMENT 'Clusters and warehouses that the run used, as JSON',
  run_date DATE COMMENT 'UTC day of the start',
  run_duration_seconds BIGINT COMMENT 'Whole seconds from start to end, so far while it runs',
  is_success BOOLEAN COMMENT 'True when it succeeded, false when it ended otherwise, null while it runs',
  CONSTRAINT pk_fact_job_task_run_timeline PRIMARY KEY (workspace_id, run_id),
  CONSTRAINT fk_fact_job_task_run_timeline_job_id FOREIGN KEY (workspace_id, job_id) REFERENCES system_gold.dim_job (workspace_id, job_id),
  CONSTRAINT fk_fact_job_task_run_timeline_task_key FOREIGN KEY (workspace_id, job_id, task_key) REFERENCES system_gold.dim_job_task (workspace_id, job_id, task_key)
)
USING DELTA
COMMENT 'Task runs of jobs with their outcome: one row a task run, over all its hourly slices'
TBLPROPERTIES (
  'secchi.domain' = 'reliability',
  'secchi.event_time' = 'period_start_time',
  'data_classification' = 'internal',
  'contains_pii' = 'false',
  'business_owner' = 'Platform Operations',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_gold.fact_job_task_run_timeline AS t
USING (
  WITH changed_run AS (
    SELECT DISTINCT b.workspace_id, b.run_id
    FROM system_bronze.job_task_run_timeline AS b
    WHERE b.bronze_ingestion_timestamp > :since
  ),
  slice AS (
    SELECT
      b.*,
      ROW_NUMBER() OVER (PARTITION BY b.workspace_id, b.run_id ORDER BY b.period_start_time) AS slice_number,
      ROW_NUMBER() OVER (PARTITION BY b.workspace_id, b.run_id ORDER BY b.period_start_time DESC) AS slice_from_end
    FROM system_bronze.job_task_run_timeline AS b
    INNER JOIN changed_run AS a ON a.workspace_id <=> b.workspace_id AND a.run_id <=> b.run_id
  ),
  -- The last slice tells how the run ended; what else a run has is taken from its newest slice that knows it.
  run AS (
    SELECT
      b.workspace_id,
      b.run_id,
      MAX_BY(b.account_id, b.slice_number) FILTER (WHERE b.account_id IS NOT NULL) AS account_id,
      MAX_BY(b.job_id, b.slice_number) FILTER (WHERE b.job_id IS NOT NULL) AS job_id,
      MAX_BY(b.task_key, b.slice_number) FILTER (WHERE b.task_key IS NOT NULL) AS task_key,
      MAX_BY(b.job_run_id, b.slice_number) FILTER (WHERE b.job_run_id IS NOT NULL) AS job_run_id,
      MAX_BY(b.parent_run_id, b.slice_number) FILTER (WHERE b.parent_run_id IS NOT NULL) AS parent_run_id,
      MIN(b.period_start_time) AS period_start_time,
      MAX(CASE WHEN b.slice_from_end = 1 THEN b.result_state END) AS result_state,
      MAX(CASE WHEN b.slice_from_end = 1 THEN b.termination_code END) AS termination_code,
      CASE WHEN MAX(CASE WHEN b.slice_from_end = 1 THEN b.period_end_time END) IS NOT NULL THEN MAX(b.period_end_time) END AS period_end_time,
      CASE WHEN COUNT(b.compute_ids) > 0 THEN ARRAY_SORT(ARRAY_DISTINCT(FLATTEN(COLLECT_LIST(b.compute_ids)))) END AS compute_ids
    FROM slice AS b
    GROUP BY b.workspace_id, b.run_id
  )
  SELECT
    r.account_id,
    r.workspace_id,
    r.job_id,
    r.run_id,
    r.period_start_time,
    r.period_end_time,
    r.task_key,
    r.result_state,
    r.job_run_id,
    r.parent_run_id,
    r.termination_code,
    TO_JSON(r.compute_ids) AS compute_ids_json,
    CAST(r.period_start_time AS DATE) AS run_date,
    TIMESTAMPDIFF(SECOND, r.period_start_time, r.period_end_time) AS run_duration_seconds,
    CASE WHEN r.result_state IS NOT NULL THEN r.result_state IN ('SUCCESS', 'SUCCEEDED') END AS is_success
  FROM run AS r
) AS s
ON t.workspace_id <=> s.workspace_id
  AND t.run_id <=> s.run_id
WHEN MATCHED THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
