-- Health of jobs, as a proxy for the quality of the data that they write.
-- Grain: one row a job with at least threshold.job_min_runs ended runs. Window: runs that began on the days_back complete UTC days before today.
-- Runs that still go are neither success nor failure and do not count; every end but success is a failure. The score is the rate rounded down, so that 100
-- means no failure. Status by threshold.job_healthy_pct and threshold.job_warning_pct. Jobs are joined by workspace and id; names may repeat.
CREATE OR REPLACE FUNCTION get_job_data_quality_status(
  days_back INT COMMENT 'Complete UTC days before today'
)
RETURNS TABLE (
  job_name STRING COMMENT 'Name of the job as it is now; its id when nothing describes it',
  total_runs INT COMMENT 'Runs that ended',
  successful_runs INT COMMENT 'Runs that succeeded',
  failed_runs INT COMMENT 'Runs that ended otherwise: failed, cancelled, timed out, skipped',
  success_rate_pct DOUBLE COMMENT 'Share of ended runs that succeeded, in percent',
  data_quality_score INT COMMENT 'success_rate_pct rounded down, 0 to 100',
  last_success TIMESTAMP COMMENT 'End of the last run of the window that succeeded (UTC); null when none did',
  status STRING COMMENT 'HEALTHY from threshold.job_healthy_pct on, WARNING from threshold.job_warning_pct on, else CRITICAL'
)
COMMENT 'PURPOSE: Success rate of each job as a proxy for the quality of its data, with a score, the last success and a status.
BEST FOR: Which jobs endanger our data? | Is the data of this job good? | Which jobs are critical, and when did they last succeed?
NOT FOR: causes of failures (use get_failed_jobs), success rates by dates (use get_job_success_rate), stale tables (use get_tables_failing_quality)
RETURNS: one row per job with enough ended runs, lowest success rate first
EXAMPLE: SELECT * FROM get_job_data_quality_status(30)'
RETURN
  WITH job_runs AS (
    SELECT
      r.workspace_id,
      r.job_id,
      COUNT(r.is_success) AS total_runs,
      COUNT_IF(r.is_success) AS successful_runs,
      MAX(CASE WHEN r.is_success THEN r.period_end_time END) AS last_success
    FROM fact_job_run_timeline AS r
    WHERE r.run_date >= DATE_SUB(CURRENT_DATE(), days_back)
      AND r.run_date < CURRENT_DATE()
    GROUP BY r.workspace_id, r.job_id
    HAVING COUNT(r.is_success) > 0 AND COUNT(r.is_success) >= ${threshold.job_min_runs}
  ),
  rated_job AS (
    SELECT
      COALESCE(j.name, t.job_id) AS job_name,
      t.*,
      CAST(t.successful_runs AS DOUBLE) * 100 / t.total_runs AS success_rate_pct
    FROM job_runs AS t
    LEFT JOIN dim_job AS j ON j.workspace_id = t.workspace_id AND j.job_id = t.job_id
  )
  SELECT
    r.job_name,
    CAST(r.total_runs AS INT) AS total_runs,
    CAST(r.successful_runs AS INT) AS successful_runs,
    CAST(r.total_runs - r.successful_runs AS INT) AS failed_runs,
    r.success_rate_pct,
    CAST(r.successful_runs * 100 DIV r.total_runs AS INT) AS data_quality_score,
    r.last_success,
    CASE
      WHEN r.success_rate_pct >= ${threshold.job_healthy_pct} THEN 'HEALTHY'
      WHEN r.success_rate_pct >= ${threshold.job_warning_pct} THEN 'WARNING'
      ELSE 'CRITICAL'
    END AS status
  FROM rated_job AS r
  ORDER BY r.success_rate_pct, r.total_runs DESC, r.job_name, r.workspace_id, r.job_id;
