-- Daily list cost of each SKU, 2026-06-01 to 2026-06-30; the day before is read for the first change.
WITH sku_day AS (
  SELECT usage_date, sku_name, coalesce(sum(usage_quantity) FILTER (WHERE usage_unit = 'DBU'), 0) AS dbu, coalesce(sum(list_cost), 0) AS cost
  FROM system_gold.fact_usage
  WHERE usage_date BETWEEN DATE '2026-05-31' AND DATE '2026-06-30'
  GROUP BY ALL
),
compared_day AS (
  SELECT
    *,
    sum(cost) FILTER (WHERE usage_date >= DATE '2026-06-01') OVER sku AS running_cost,
    CASE WHEN lag(usage_date) OVER sku = usage_date - 1 THEN lag(cost) OVER sku END::DOUBLE AS prior_cost
  FROM sku_day
  WINDOW sku AS (PARTITION BY sku_name ORDER BY usage_date)
)
SELECT
  usage_date,
  sku_name,
  dbu::DOUBLE AS daily_dbu,
  cost::DOUBLE AS daily_cost,
  running_cost::DOUBLE AS cumulative_cost,
  (cost::DOUBLE - prior_cost) / nullif(prior_cost, 0) * 100 AS pct_change_vs_prior
FROM compared_day
WHERE usage_date >= DATE '2026-06-01'
ORDER BY usage_date, sku_name
