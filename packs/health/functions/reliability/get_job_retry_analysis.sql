-- Jobs in whose runs tasks failed and were tried again.
-- Grain: one row a job (workspace and job) with a retry.
-- Window: job runs that started on the given days (UTC) and have ended, with all attempts at their tasks, whenever these were.
-- A task of a run is one task within one job run; an attempt is one task run of it. Skipped and blocked task runs were never tried and do not count; nor do the
-- iterations of a loop, which share its task key. A retry is an attempt after a first one that failed, by the retry policy of the task or by a repair.
-- Differs from the spec: it counts each further run of a job on a day as a retry, so an hourly job would have 23 a day. Attempts are told by the task runs.
CREATE OR REPLACE FUNCTION get_job_retry_analysis(
  start_date STRING COMMENT 'First day on which job runs started (YYYY-MM-DD, UTC, inclusive)',
  end_date STRING COMMENT 'Last day on which job runs started (YYYY-MM-DD, UTC, inclusive)'
)
RETURNS TABLE (
  job_id STRING COMMENT 'Job; unique within a workspace',
  job_name STRING COMMENT 'Name that the job has now; null when the job is not known, as for submitted runs',
  total_attempts INT COMMENT 'Number of attempts at tasks, first ones and retries',
  initial_failures INT COMMENT 'Number of tasks of runs whose first attempt ended FAILED, ERROR or TIMED_OUT',
  retry_count INT COMMENT 'Number of attempts after a first one that failed',
  final_success_count INT COMMENT 'Number of initial_failures whose last attempt succeeded',
  retry_rate_pct DOUBLE COMMENT 'Tasks of runs that failed at first and were tried again, as a share of all tasks of runs, 0 to 100 percent',
  eventual_success_pct DOUBLE COMMENT 'final_success_count as a share of initial_failures, 0 to 100 percent'
)
COMMENT 'PURPOSE: Jobs whose tasks failed and were tried again in the same run: how often, and whether that helped; runs that hide flakiness behind retries.
BEST FOR: Which jobs only succeed after retries? | Which jobs are flaky? | Do retries help, or do they fail again?
NOT FOR: what repeated runs cost (use get_job_repair_costs), runs that failed in the end (use get_failed_jobs)
RETURNS: one row per job with a retry, most retries first
EXAMPLE: SELECT * FROM get_job_retry_analysis(''2026-06-01'', ''2026-06-30'')'
RETURN
  WITH run_task AS (
    SELECT
      r.workspace_id,
      r.job_id,
      COUNT(*) AS attempts,
      MIN_BY(t.result_state, STRUCT(t.period_start_time, t.run_id)) IN ('FAILED', 'ERROR', 'TIMED_OUT') AS failed_first,
      MAX_BY(t.is_success, STRUCT(t.period_start_time, t.run_id)) AS succeeded_last
    FROM fact_job_run_timeline AS r
    INNER JOIN fact_job_task_run_timeline AS t ON t.workspace_id = r.workspace_id AND t.job_run_id = r.run_id
    WHERE r.run_date BETWEEN CAST(start_date AS DATE) AND CAST(end_date AS DATE)
      AND r.result_state IS NOT NULL
      AND t.run_date >= CAST(start_date AS DATE)
      AND t.result_state NOT IN ('SKIPPED', 'BLOCKED')
      AND COALESCE(t.parent_run_id, t.job_run_id) = t.job_run_id
    GROUP BY r.workspace_id, r.job_id, r.run_id, t.task_key
  ),
  job_retry AS (
    SELECT
      a.workspace_id,
      a.job_id,
      COUNT(*) AS run_tasks,
      SUM(a.attempts) AS total_attempts,
      COUNT_IF(a.failed_first) AS initial_failures,
      COUNT_IF(a.failed_first AND a.attempts > 1) AS retried_tasks,
      SUM(CASE WHEN a.failed_first THEN a.attempts - 1 ELSE 0 END) AS retry_count,
      COUNT_IF(a.failed_first AND a.succeeded_last) AS final_success_count
    FROM run_task AS a
    GROUP BY a.workspace_id, a.job_id
    HAVING retry_count > 0
  )
  SELECT
    a.job_id,
    j.name AS job_name,
    CAST(a.total_attempts AS INT) AS total_attempts,
    CAST(a.initial_failures AS INT) AS initial_failures,
    CAST(a.retry_count AS INT) AS retry_count,
    CAST(a.final_success_count AS INT) AS final_success_count,
    a.retried_tasks * 100.0D / a.run_tasks AS retry_rate_pct,
    a.final_success_count * 100.0D / a.initial_failures AS eventual_success_pct
  FROM job_retry AS a
  LEFT JOIN dim_job AS j ON j.workspace_id = a.workspace_id AND j.job_id = a.job_id
  ORDER BY a.retry_count DESC, a.job_id, a.workspace_id;
