-- Jobs whose runs used clusters of fixed size, with cost and how much their durations vary.
-- Grain: one row a job. Window: runs that started in the days_back complete UTC days before today, and what these runs cost on such clusters until now.
-- The specification never looks at a cluster: here a run counts when one of its clusters had workers and no autoscaling when the run ended.
-- It asks for a cost of 100: here that is threshold.small_job_pct of budget.job_day. Runs that still run have no duration yet.
CREATE OR REPLACE FUNCTION get_jobs_without_autoscaling(
  days_back INT COMMENT 'Complete UTC days before today whose runs are looked at, by the day on which they started'
)
RETURNS TABLE (
  job_id STRING COMMENT 'Job',
  job_name STRING COMMENT 'Name of the job as it is now',
  run_as STRING COMMENT 'User or service principal whose rights its runs use',
  total_runs BIGINT COMMENT 'Runs on clusters of fixed size',
  total_cost DOUBLE COMMENT 'List cost of these runs on these clusters, in the currency of the list prices',
  avg_duration_minutes DOUBLE COMMENT 'Mean duration of the ended ones, in minutes; null when none ended',
  max_duration_minutes DOUBLE COMMENT 'Longest duration of the ended ones, in minutes; null when none ended',
  duration_variance DOUBLE COMMENT 'Standard deviation (not variance) of their durations, in minutes; null with fewer than two',
  recommendation STRING COMMENT 'What to do, in words'
)
COMMENT 'PURPOSE: Jobs that run on clusters with a fixed number of workers, what that costs and how much their durations vary, as candidates for autoscaling.
BEST FOR: Which jobs run without autoscaling? | Which fixed-size job clusters cost the most? | Which jobs would gain from autoscaling?
NOT FOR: how busy a cluster is (use get_cluster_utilization or get_cluster_right_sizing_recommendations), old runtimes (use get_jobs_on_legacy_dbr)
RETURNS: one row per job with runs on clusters of fixed size, highest cost first
EXAMPLE: SELECT * FROM get_jobs_without_autoscaling(30)'
RETURN
  WITH run_cluster AS (
    SELECT
      r.workspace_id,
      r.job_id,
      r.run_id,
      r.period_end_time,
      CASE WHEN r.is_success IS NOT NULL THEN r.run_duration_seconds END AS duration_s,
      c.cluster_id
    FROM fact_job_run_timeline AS r
    LATERAL VIEW EXPLODE(r.compute_ids) c AS cluster_id
    WHERE r.run_date >= DATE_SUB(CURRENT_DATE(), days_back)
      AND r.run_date < CURRENT_DATE()
  ),
  cluster_of_run AS (
    SELECT
      r.workspace_id,
      r.job_id,
      r.run_id,
      r.cluster_id,
      MAX(r.duration_s) AS duration_s,
      MAX_BY(h.worker_count > 0 AND h.max_autoscale_workers IS NULL, h.valid_from) AS is_fixed
    FROM run_cluster AS r
    INNER JOIN dim_cluster_history AS h
      ON h.workspace_id = r.workspace_id AND h.cluster_id = r.cluster_id AND h.valid_from <= COALESCE(r.period_end_time, CURRENT_TIMESTAMP())
    GROUP BY r.workspace_id, r.job_id, r.run_id, r.cluster_id
  ),
  cluster_usage AS (
    SELECT
      u.workspace_id,
      u.usage_metadata_job_run_id,
      u.usage_metadata_cluster_id,
      SUM(u.list_cost) AS cost
    FROM fact_usage AS u
    WHERE u.usage_date >= DATE_SUB(CURRENT_DATE(), days_back)
      AND u.usage_metadata_job_run_id IS NOT NULL
      AND u.usage_metadata_cluster_id IS NOT NULL
    GROUP BY u.workspace_id, u.usage_metadata_job_run_id, u.usage_metadata_cluster_id
  ),
  fixed_run AS (
    SELECT
      c.workspace_id,
      c.job_id,
      c.run_id,
      MAX(c.duration_s) AS duration_s,
      SUM(u.cost) AS cost
    FROM cluster_of_run AS c
    LEFT JOIN cluster_usage AS u
      ON u.workspace_id = c.workspace_id AND u.usage_metadata_job_run_id = c.run_id AND u.usage_metadata_cluster_id = c.cluster_id
    WHERE c.is_fixed
    GROUP BY c.workspace_id, c.job_id, c.run_id
  ),
  job_total AS (
    SELECT
      f.workspace_id,
      f.job_id,
      COUNT(*) AS runs,
      CAST(SUM(f.cost) AS DOUBLE) AS cost,
      AVG(f.duration_s) AS mean_s,
      MAX(f.duration_s) AS longest_s,
      STDDEV(f.duration_s) AS deviation_s
    FROM fixed_run AS f
    GROUP BY f.workspace_id, f.job_id
  )
  SELECT
    t.job_id,
    j.name AS job_name,
    j.run_as,
    t.runs AS total_runs,
    COALESCE(t.cost, 0) AS total_cost,
    t.mean_s / 60 AS avg_duration_minutes,
    t.longest_s / 60.0D AS max_duration_minutes,
    t.deviation_s / 60 AS duration_variance,
    CASE
      WHEN t.deviation_s > t.mean_s * CAST(${threshold.duration_spread_pct} AS DOUBLE) / 100 THEN 'Turn autoscaling on: the load varies much from run to run'
      WHEN t.deviation_s IS NOT NULL THEN 'Try a smaller fixed size first: the load is steady from run to run'
      ELSE 'Watch it: too few runs to tell whether its load varies'
    END AS recommendation
  FROM job_total AS t
  LEFT JOIN dim_job AS j ON j.workspace_id = t.workspace_id AND j.job_id = t.job_id
  WHERE COALESCE(t.cost, 0) >= CAST(${budget.job_day} AS DOUBLE) * CAST(${threshold.small_job_pct} AS DOUBLE) / 100
  ORDER BY t.cost DESC, t.job_id, t.workspace_id
