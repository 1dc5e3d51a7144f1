-- Ended runs of the 30 days before 2026-07-01 that took over 1.5 times, or under 1/1.5 of, the P90 of the 30 days before.
WITH baseline AS (
  SELECT workspace_id, job_id, quantile_cont(run_duration_seconds, 0.9) AS p_high_s
  FROM system_gold.fact_job_run_timeline
  WHERE run_date >= DATE '2026-05-02' AND run_date < DATE '2026-06-01' AND is_success AND run_duration_seconds IS NOT NULL
  GROUP BY ALL
  HAVING count(*) >= 5
),
outlier AS (
  SELECT r.workspace_id, r.job_id, r.run_id, r.run_date, r.run_duration_seconds::DOUBLE AS duration_s, b.p_high_s, duration_s / nullif(b.p_high_s, 0) AS ratio
  FROM system_gold.fact_job_run_timeline AS r
  JOIN baseline AS b USING (workspace_id, job_id)
  WHERE r.run_date >= DATE '2026-06-01' AND r.run_date < DATE '2026-07-01'
    AND r.is_success IS NOT NULL
    AND (ratio > 1.5 OR ratio < 1 / 1.5::DOUBLE)
),
run_cost AS (
  SELECT workspace_id, usage_metadata_job_run_id AS run_id, sum(list_cost)::DOUBLE AS cost
  FROM system_gold.fact_usage
  WHERE usage_date >= DATE '2026-06-01' AND usage_metadata_job_run_id IS NOT NULL
  GROUP BY ALL
)
SELECT
  o.job_id,
  j.name AS job_name,
  o.run_id,
  o.run_date,
  o.duration_s AS duration_seconds,
  o.p_high_s AS p90_duration_seconds,
  o.ratio AS deviation_ratio,
  CASE WHEN o.ratio > 1.5 THEN 'SLOW_OUTLIER' ELSE 'FAST_OUTLIER' END AS outlier_type,
  c.cost AS run_cost
FROM outlier AS o
LEFT JOIN system_gold.dim_job AS j USING (workspace_id, job_id)
LEFT JOIN run_cost AS c ON c.workspace_id = o.workspace_id AND c.run_id = o.run_id
ORDER BY o.ratio DESC, o.workspace_id, o.run_id
