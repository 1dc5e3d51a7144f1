-- Growth of the list cost of jobs, the 7 days before 2026-07-01 against the 7 before these, for jobs with usage in 30 days, the first 50.
WITH job_week AS (
  SELECT
    workspace_id,
    usage_metadata_job_id AS job_id,
    arg_max(coalesce(identity_metadata_run_as, identity_metadata_owned_by), (usage_end_time, record_id))
      FILTER (WHERE coalesce(identity_metadata_run_as, identity_metadata_owned_by) IS NOT NULL) AS run_as,
    coalesce(sum(list_cost) FILTER (WHERE usage_date >= DATE '2026-06-24'), 0) AS last_cost,
    coalesce(sum(list_cost) FILTER (WHERE usage_date >= DATE '2026-06-17' AND usage_date < DATE '2026-06-24'), 0) AS prior_cost
  FROM system_gold.fact_usage
  WHERE usage_date >= DATE '2026-06-01' AND usage_date < DATE '2026-07-01' AND usage_metadata_job_id IS NOT NULL
  GROUP BY ALL
)
SELECT
  j.name AS job_name,
  w.workspace_id,
  w.job_id,
  w.run_as,
  w.last_cost::DOUBLE AS last_7_day_spend,
  w.prior_cost::DOUBLE AS prior_7_day_spend,
  (w.last_cost - w.prior_cost)::DOUBLE AS spend_growth,
  CASE WHEN w.prior_cost > 0 THEN spend_growth * 100 / prior_7_day_spend END AS spend_growth_pct
FROM job_week AS w
LEFT JOIN system_gold.dim_job AS j USING (workspace_id, job_id)
ORDER BY w.last_cost - w.prior_cost DESC, w.workspace_id, w.job_id
LIMIT 50
