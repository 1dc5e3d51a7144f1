-- Line through the twelve complete months before 2026-07-01, and the running month with three more ahead of it.
WITH month AS (
  SELECT date_trunc('month', usage_date)::DATE AS month_start, coalesce(sum(list_cost), 0)::DOUBLE AS cost
  FROM system_gold.fact_usage
  WHERE usage_date >= DATE '2025-07-01' AND usage_date < DATE '2026-07-01'
  GROUP BY ALL
),
history AS (
  SELECT date_diff('month', DATE '2026-07-01', month_start)::DOUBLE AS x, cost / day(last_day(month_start)) AS y
  FROM month
  WHERE month_start >= (SELECT min(usage_date) FROM system_gold.fact_usage) AND month_start < DATE '2026-07-01'
),
line AS (
  SELECT
    count(*) AS months,
    avg(x) AS mean_x,
    avg(y) AS mean_y,
    CASE WHEN count(*) > 2 THEN regr_slope(y, x) ELSE 0 END AS slope,
    CASE WHEN count(*) > 2 THEN regr_sxx(y, x) END AS spread_x
  FROM history
),
fit AS (
  SELECT
    months,
    mean_x,
    mean_y,
    slope,
    spread_x,
    sqrt(sum(pow(y - mean_y - slope * (x - mean_x), 2)) / nullif(months - CASE WHEN months > 2 THEN 2 ELSE 1 END, 0)) AS error
  FROM line, history
  GROUP BY months, mean_x, mean_y, slope, spread_x
),
projection AS (
  SELECT
    (DATE '2026-07-01' + to_months(x::INTEGER))::DATE AS month_start,
    day(last_day(month_start)) AS days,
    mean_y + slope * (x - mean_x) AS expected,
    1.2815515655446::DOUBLE * error * sqrt(1 + 1 / months + coalesce(pow(x - mean_x, 2) / spread_x, 0)) AS margin
  FROM fit, range(0, 4) AS ahead (x)
)
SELECT
  month_start AS forecast_month,
  greatest(expected, 0) * days AS predicted_cost_p50,
  CASE WHEN margin IS NOT NULL THEN greatest(expected - margin, 0) * days END AS predicted_cost_p10,
  CASE WHEN margin IS NOT NULL THEN greatest(expected + margin, 0) * days END AS predicted_cost_p90,
  NULL::DOUBLE AS mtd_actual, -- the running month has no complete day
  NULL::DOUBLE AS variance_vs_actual
FROM projection
ORDER BY month_start
