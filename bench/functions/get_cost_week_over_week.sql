-- List cost of the four complete weeks before 2026-07-01; three more weeks are read for the averages.
WITH week AS (
  SELECT
    date_trunc('week', usage_date)::DATE AS monday,
    coalesce(sum(list_cost), 0) AS cost,
    coalesce(sum(usage_quantity) FILTER (WHERE usage_unit = 'DBU'), 0) AS dbu
  FROM system_gold.fact_usage
  WHERE usage_date >= DATE '2026-05-11' AND usage_date < DATE '2026-06-29'
  GROUP BY date_trunc('week', usage_date)
  HAVING monday >= (SELECT min(usage_date) FROM system_gold.fact_usage)
),
compared_week AS (
  SELECT
    *,
    CASE WHEN lag(monday) OVER (ORDER BY monday) = monday - 7 THEN lag(cost) OVER (ORDER BY monday) END::DOUBLE AS prior_cost,
    (avg(cost::DOUBLE) OVER (ORDER BY monday RANGE BETWEEN INTERVAL 21 DAYS PRECEDING AND CURRENT ROW)) AS mean_cost
  FROM week
)
SELECT
  monday AS week_start,
  cost::DOUBLE AS weekly_cost,
  dbu::DOUBLE AS weekly_dbu,
  prior_cost AS prior_week_cost,
  (cost::DOUBLE - prior_cost) / nullif(prior_cost, 0) * 100 AS wow_growth_pct,
  mean_cost AS four_week_avg
FROM compared_week
WHERE monday >= DATE '2026-06-01'
ORDER BY monday
