-- Jobs by list cost, 2026-06-01 to 2026-06-30, the first 25, with the success of their runs.
WITH job_cost AS (
  SELECT
    workspace_id,
    usage_metadata_job_id AS job_id,
    arg_max(identity_metadata_run_as, (usage_end_time, record_id)) FILTER (WHERE identity_metadata_run_as IS NOT NULL) AS run_as,
    count(DISTINCT usage_metadata_job_run_id)::INTEGER AS run_count,
    coalesce(sum(list_cost), 0) AS cost
  FROM system_gold.fact_usage
  WHERE usage_date BETWEEN DATE '2026-06-01' AND DATE '2026-06-30' AND usage_metadata_job_id IS NOT NULL
  GROUP BY ALL
),
job_outcome AS (
  SELECT workspace_id, job_id, count(*) FILTER (WHERE is_success) * 100 / count(*) AS success_rate_pct
  FROM system_gold.fact_job_run_timeline
  WHERE run_date BETWEEN DATE '2026-06-01' AND DATE '2026-06-30' AND result_state IS NOT NULL
  GROUP BY ALL
)
SELECT
  row_number() OVER (ORDER BY c.cost DESC, c.workspace_id, c.job_id)::INTEGER AS rank,
  c.job_id,
  j.name AS job_name,
  c.run_as,
  c.run_count,
  c.cost::DOUBLE AS total_cost,
  c.cost::DOUBLE / nullif(c.run_count, 0) AS avg_cost_per_run,
  o.success_rate_pct
FROM job_cost AS c
LEFT JOIN job_outcome AS o USING (workspace_id, job_id)
LEFT JOIN system_gold.dim_job AS j USING (workspace_id, job_id)
ORDER BY rank
LIMIT 25
