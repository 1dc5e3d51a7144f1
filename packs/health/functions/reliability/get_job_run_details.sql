-- The runs of one job.
-- Grain: one row a run of the job, running ones included (their result_state is null, their end and duration are those so far).
-- Window: runs that started on the days_back complete days before today (UTC), or today so far: runs are listed, not compared, and the newest are wanted.
-- job_id is unique within a workspace only: of several workspaces with such a job all runs are listed.
CREATE OR REPLACE FUNCTION get_job_run_details(
  job_id_filter STRING COMMENT 'Job whose runs are listed',
  days_back INT DEFAULT 7 COMMENT 'Number of complete days before today (UTC) that count, besides today so far'
)
RETURNS TABLE (
  run_id STRING COMMENT 'Run of the job; unique within a workspace',
  run_date DATE COMMENT 'Day on which the run started (UTC)',
  start_time TIMESTAMP COMMENT 'Start of the run (UTC)',
  end_time TIMESTAMP COMMENT 'End of the run (UTC), so far while it runs',
  duration_minutes DOUBLE COMMENT 'Minutes from start to end of the run, so far while it runs',
  result_state STRING COMMENT 'How the run ended, e.g. SUCCEEDED, FAILED, CANCELLED; null while it runs',
  termination_code STRING COMMENT 'Why the run ended, e.g. SUCCESS, RUN_EXECUTION_ERROR; null while it runs',
  run_as STRING COMMENT 'User or service principal whose rights the runs of the job use now',
  trigger_type STRING COMMENT 'What started the run: CRON, ONETIME, PERIODIC, MANUAL, FILE_ARRIVAL, ...'
)
COMMENT 'PURPOSE: Run history of one job, newest first: when each run started and ended, how, why and what triggered it, running runs included.
BEST FOR: What happened in the last runs of this job? | Is this job running now? | When did this job last succeed?
NOT FOR: failed runs of many jobs (use get_failed_jobs), a summary of the durations (use get_job_duration_percentiles)
RETURNS: one row per run of the job, whatever its outcome
EXAMPLE: SELECT * FROM get_job_run_details(''159222607581'', 30)'
RETURN
  SELECT
    r.run_id,
    r.run_date,
    r.period_start_time AS start_time,
    r.period_end_time AS end_time,
    r.run_duration_minutes AS duration_minutes,
    r.result_state,
    r.termination_code,
    j.run_as,
    r.trigger_type
  FROM fact_job_run_timeline AS r
  LEFT JOIN dim_job AS j ON j.workspace_id = r.workspace_id AND j.job_id = r.job_id
  WHERE r.job_id = job_id_filter
    AND r.run_date >= DATE_SUB(current_date(), days_back)
  ORDER BY r.period_start_time DESC, r.workspace_id, r.run_id;
