-- Job runs with their true start, end, duration and outcome.
-- Grain: one row a run, over all its hourly slices; key (workspace_id, run_id).
-- Inputs: system_bronze.job_run_timeline; :since is the newest load that was published before.
CREATE TABLE IF NOT EXISTS system_gold.fact_job_run_timeline (
  account_id STRING COMMENT 'Account that the row belongs to',
  workspace_id STRING COMMENT 'Workspace that the row belongs to',
  job_id STRING COMMENT 'Job of the run',
  run_id STRING COMMENT 'Run of the job; key with the workspace',
  period_start_time TIMESTAMP COMMENT 'Start of the run (UTC)',
  period_end_time TIMESTAMP COMMENT 'End of the run, of its last slice so far while it runs (UTC)',
  trigger_type STRING COMMENT 'What started it: CRON, ONETIME, PERIODIC, MANUAL, FILE_ARRIVAL, ...',
  result_state STRING COMMENT 'SUCCEEDED, FAILED, ERROR, CANCELLED, SKIPPED, TIMED_OUT or BLOCKED; null while it runs',
  run_type STRING COMMENT 'JOB_RUN, SUBMIT_RUN or WORKFLOW_RUN',
  run_name STRING COMMENT 'Name given to a submitted run',
  termination_code STRING COMMENT 'Why the run ended, e.g. SUCCESS, RUN_EXECUTION_ERROR, USER_CANCELED; null while it runs',
  compute_ids ARRAY<STRING> COMMENT 'Clusters and warehouses that the run used, in order of name',
  job_parameters STRING COMMENT 'Parameters of the run as JSON',
  run_date DATE COMMENT 'UTC day of the start',
  run_duration_seconds BIGINT COMMENT 'Whole seconds from start to end, so far while it runs',
  run_duration_minutes DOUBLE COMMENT 'run_duration_seconds / 60',
  is_success BOOLEAN COMMENT 'True when it succeeded, false when it ended otherwise, null while it runs',
  CONSTRAINT pk_fact_job_run_timeline PRIMARY KEY (workspace_id, run_id),
  CONSTRAINT fk_fact_job_run_timeline_job_id FOREIGN KEY (workspace_id, job_id) REFERENCES system_gold.dim_job (workspace_id, job_id)
)
USING DELTA
COMMENT 'Job runs with their true start, end, duration and outcome: one row a run, over all its hourly slices'
TBLPROPERTIES (
  'secchi.domain' = 'reliability',
  'secchi.event_time' = 'period_start_time',
  'data_classification' = 'internal',
  'contains_pii' = 'false',
  'business_owner' = 'Platform Operations',
  'technical_owner' = 'Data Platform'
);

MERGE INTO system_gold.fact_job_run_timeline AS t
USING (
  WITH changed_run AS (
    SELECT DISTINCT b.workspace_id, b.run_id
    FROM system_bronze.job_run_timeline AS b
    WHERE b.bronze_ingestion_timestamp > :since
  ),
  slice AS (
    SELECT
      b.*,
      ROW_NUMBER() OVER (PARTITION BY b.workspace_id, b.run_id ORDER BY b.period_start_time) AS slice_number,
      ROW_NUMBER() OVER (PARTITION BY b.workspace_id, b.run_id ORDER BY b.period_start_time DESC) AS slice_from_end
    FROM system_bronze.job_run_timeline AS b
    INNER JOIN changed_run AS a ON a.workspace_id <=> b.workspace_id AND a.run_id <=> b.run_id
  ),
  -- The last slice tells how the run ended; what else a run has is taken from its newest slice that knows it.
  run AS (
    SELECT
      b.workspace_id,
      b.run_id,
      MAX_BY(b.account_id, b.slice_number) FILTER (WHERE b.account_id IS NOT NULL) AS account_id,
      MAX_BY(b.job_id, b.slice_number) FILTER (WHERE b.job_id IS NOT NULL) AS job_id,
      MAX_BY(b.trigger_type, b.slice_number) FILTER (WHERE b.trigger_type IS NOT NULL) AS trigger_type,
      MAX_BY(b.run_type, b.slice_number) FILTER (WHERE b.run_type IS NOT NULL) AS run_type,
      MAX_BY(b.run_name, b.slice_number) FILTER (WHERE b.run_name IS NOT NULL) AS run_name,
      MAX_BY(b.job_parameters, b.slice_number) FILTER (WHERE b.job_parameters IS NOT NULL) AS job_parameters,
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
    r.trigger_type,
    r.result_state,
    r.run_type,
    r.run_name,
    r.termination_code,
    r.compute_ids,
    TO_JSON(r.job_parameters) AS job_parameters,
    CAST(r.period_start_time AS DATE) AS run_date,
    TIMESTAMPDIFF(SECOND, r.period_start_time, r.period_end_time) AS run_duration_seconds,
    CAST(TIMESTAMPDIFF(SECOND, r.period_start_time, r.period_end_time) AS DOUBLE) / 60 AS run_duration_minutes,
    CASE WHEN r.result_state IS NOT NULL THEN r.result_state IN ('SUCCESS', 'SUCCEEDED') END AS is_success
  FROM run AS r
) AS s
ON t.workspace_id <=> s.workspace_id
  AND t.run_id <=> s.run_id
WHEN MATCHED THEN UPDATE SET *
WHEN NOT MATCHED THEN INSERT *;
