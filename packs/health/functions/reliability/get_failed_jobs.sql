-- Runs that failed, with their cause.
-- Grain: one row a run that ended FAILED, ERROR, TIMED_OUT or CANCELLED; skipped and blocked runs never ran and are left out, running runs have not failed.
-- Window: runs that started on the given days (UTC), today included when it is asked for.
-- Differs from the spec: it asks for the state CANCELED, the tables write CANCELLED.
CREATE OR REPLACE FUNCTION get_failed_jobs(
  start_date STRING COMMENT 'First day on which runs started (YYYY-MM-DD, UTC, inclusive)',
  end_date STRING COMMENT 'Last day on which runs started (YYYY-MM-DD, UTC, inclusive)',
  workspace_filter STRING DEFAULT 'ALL' COMMENT 'Identifier of one workspace; ALL takes every workspace'
)
RETURNS TABLE (
  workspace_id STRING COMMENT 'Workspace of the job',
  job_id STRING COMMENT 'Job; unique within a workspace',
  job_name STRING COMMENT 'Name that the job has now; null when the job is not known, as for submitted runs',
  run_id STRING COMMENT 'Run of the job; unique within a workspace',
  result_state STRING COMMENT 'How the run ended: FAILED, ERROR, TIMED_OUT or CANCELLED',
  termination_code STRING COMMENT 'Why the run ended, e.g. RUN_EXECUTION_ERROR, CLUSTER_ERROR, USER_CANCELED',
  run_as STRING COMMENT 'User or service principal whose rights the runs of the job use now',
  start_time TIMESTAMP COMMENT 'Start of the run (UTC)',
  end_time TIMESTAMP COMMENT 'End of the run (UTC)',
  duration_minutes DOUBLE COMMENT 'Minutes from start to end of the run'
)
COMMENT 'PURPOSE: Lists every single job run that failed, errored, timed out or was cancelled, newest first, with its cause and how long it ran.
BEST FOR: Which jobs failed last night? | Why did these runs fail? | What was cancelled or timed out in this workspace?
NOT FOR: failure rates per job (use get_job_success_rate), per day (use get_job_failure_trends), what failures cost (use get_job_failure_costs)
RETURNS: one row per job run that ended FAILED, ERROR, TIMED_OUT or CANCELLED
EXAMPLE: SELECT * FROM get_failed_jobs(''2026-06-01'', ''2026-06-30'')'
RETURN
  SELECT
    r.workspace_id,
    r.job_id,
    j.name AS job_name,
    r.run_id,
    r.result_state,
    r.termination_code,
    j.run_as,
    r.period_start_time AS start_time,
    r.period_end_time AS end_time,
    r.run_duration_minutes AS duration_minutes
  FROM fact_job_run_timeline AS r
  LEFT JOIN dim_job AS j ON j.workspace_id = r.workspace_id AND j.job_id = r.job_id
  WHERE r.run_date BETWEEN CAST(start_date AS DATE) AND CAST(end_date AS DATE)
    AND r.result_state IN ('FAILED', 'ERROR', 'TIMED_OUT', 'CANCELLED')
    AND (workspace_filter = 'ALL' OR r.workspace_id = workspace_filter)
  ORDER BY r.period_start_time DESC, r.workspace_id, r.run_id;
