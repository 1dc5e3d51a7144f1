-- Cost and DBU of the complete days of July 2026 as of its first day, and of as many days of June.
WITH period AS (
  SELECT
    coalesce(sum(list_cost) FILTER (WHERE usage_date >= DATE '2026-07-01'), 0)::DOUBLE AS cost,
    coalesce(sum(list_cost) FILTER (WHERE usage_date < DATE '2026-07-01'), 0)::DOUBLE AS prior_cost,
    coalesce(sum(usage_quantity) FILTER (WHERE usage_date >= DATE '2026-07-01' AND usage_unit = 'DBU'), 0)::DOUBLE AS dbu,
    coalesce(sum(usage_quantity) FILTER (WHERE usage_date < DATE '2026-07-01' AND usage_unit = 'DBU'), 0)::DOUBLE AS prior_dbu,
    0 AS days,
    0 AS prior_days,
    (SELECT min(usage_date) FROM system_gold.fact_usage) <= DATE '2026-06-01' AS has_prior
  FROM system_gold.fact_usage
  WHERE usage_date >= DATE '2026-06-01' AND usage_date < DATE '2026-07-01' AND day(usage_date) < 1
),
measure AS (
  SELECT
    unnest(['Total Cost (USD)', 'Total DBU']) AS metric,
    unnest([cost, dbu]) AS amount,
    unnest([CASE WHEN has_prior THEN prior_cost END, CASE WHEN has_prior THEN prior_dbu END]) AS prior_amount,
    days,
    prior_days
  FROM period
)
SELECT
  metric,
  amount AS current_mtd,
  prior_amount AS prior_mtd,
  (amount / nullif(days, 0) / nullif(prior_amount / nullif(prior_days, 0), 0) - 1) * 100 AS mom_change_pct,
  amount / nullif(days, 0) * 31 AS projected_month_end
FROM measure
