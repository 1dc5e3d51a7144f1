-- Jobs by runs without success and what these cost, 2026-06-01 to 2026-06-30, the first 50; cost is read for these runs only.
WITH ended_run AS (
  SELECT workspace_id, job_id, run_id, run_date, is_success
  FROM system_gold.fact_job_run_timeline
  WHERE run_date BETWEEN DATE '2026-06-01' AND DATE '2026-06-30' AND is_success IS NOT NULL
),
run_cost AS (
  SELECT u.workspace_id, u.usage_metadata_job_run_id AS run_id, sum(u.list_cost) AS cost
  FROM system_gold.fact_usage AS u
  SEMI JOIN (FROM ended_run WHERE NOT is_success) AS r ON r.workspace_id = u.workspace_id AND r.run_id = u.usage_metadata_job_run_id
  WHERE u.usage_date >= DATE '2026-06-01'
  GROUP BY ALL
),
job AS (
  SELECT
    r.workspace_id,
    r.job_id,
    count(*)::INTEGER AS total_runs,
    count(*) FILTER (WHERE NOT r.is_success)::INTEGER AS failures,
    coalesce(sum(c.cost), 0) AS cost,
    max(r.run_date) FILTER (WHERE NOT r.is_success) AS last_failure_date
  FROM ended_run AS r
  LEFT JOIN run_cost AS c USING (workspace_id, run_id)
  GROUP BY ALL
  HAVING failures > 0
)
SELECT
  j.name AS job_name,
  f.workspace_id,
  f.job_id,
  j.run_as,
  f.total_runs,
  f.failures,
  (f.total_runs - f.failures) * 100 / f.total_runs AS success_rate,
  f.cost::DOUBLE AS failure_cost,
  f.last_failure_date
FROM job AS f
LEFT JOIN system_gold.dim_job AS j USING (workspace_id, job_id)
ORDER BY f.failures DESC, f.cost DESC, f.workspace_id, f.job_id
LIMIT 50
