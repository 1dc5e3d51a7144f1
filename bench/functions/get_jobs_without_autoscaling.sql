-- Jobs whose runs of the 30 days before 2026-07-01 used clusters of fixed size and cost 4 and more (20 % of a budget of 20 a job and day).
WITH run_cluster AS (
  SELECT DISTINCT
    workspace_id,
    job_id,
    run_id,
    coalesce(period_end_time, TIMESTAMP '2026-07-01') AS ended_at,
    CASE WHEN is_success IS NOT NULL THEN run_duration_seconds END AS duration_s,
    unnest(compute_ids) AS cluster_id
  FROM system_gold.fact_job_run_timeline
  WHERE run_date >= DATE '2026-06-01' AND run_date < DATE '2026-07-01'
),
cluster_of_run AS (
  SELECT r.workspace_id, r.job_id, r.run_id, r.cluster_id, r.duration_s
  FROM run_cluster AS r
  ASOF JOIN system_gold.dim_cluster_history AS h ON h.workspace_id = r.workspace_id AND h.cluster_id = r.cluster_id AND r.ended_at >= h.valid_from
  WHERE h.worker_count > 0 AND h.max_autoscale_workers IS NULL
),
cluster_cost AS (
  SELECT workspace_id, usage_metadata_job_run_id AS run_id, usage_metadata_cluster_id AS cluster_id, sum(list_cost) AS cost
  FROM system_gold.fact_usage
  WHERE usage_date >= DATE '2026-06-01' AND usage_metadata_job_run_id IS NOT NULL AND usage_metadata_cluster_id IS NOT NULL
  GROUP BY ALL
),
fixed_run AS (
  SELECT c.workspace_id, c.job_id, c.run_id, any_value(c.duration_s) AS duration_s, sum(u.cost) AS cost
  FROM cluster_of_run AS c
  LEFT JOIN cluster_cost AS u USING (workspace_id, run_id, cluster_id)
  GROUP BY ALL
),
job_total AS (
  SELECT
    workspace_id,
    job_id,
    count(*) AS runs,
    coalesce(sum(cost), 0)::DOUBLE AS cost,
    avg(duration_s) AS mean_s,
    max(duration_s) AS longest_s,
    stddev(duration_s) AS deviation_s
  FROM fixed_run
  GROUP BY ALL
  HAVING cost >= 4
)
SELECT
  t.job_id,
  j.name AS job_name,
  j.run_as,
  t.runs AS total_runs,
  t.cost AS total_cost,
  t.mean_s / 60 AS avg_duration_minutes,
  t.longest_s / 60 AS max_duration_minutes,
  t.deviation_s / 60 AS duration_variance,
  CASE
    WHEN t.deviation_s > t.mean_s * 0.5 THEN 'Turn autoscaling on: the load varies much from run to run'
    WHEN t.deviation_s IS NOT NULL THEN 'Try a smaller fixed size first: the load is steady from run to run'
    ELSE 'Watch it: too few runs to tell whether its load varies'
  END AS recommendation
FROM job_total AS t
LEFT JOIN system_gold.dim_job AS j USING (workspace_id, job_id)
ORDER BY t.cost DESC, t.job_id, t.workspace_id
