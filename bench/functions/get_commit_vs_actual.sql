-- List cost of 2026 up to 2026-06-30 against 110,000, month by month. Times are in months since the first of January.
WITH month_cost AS (
  SELECT month(usage_date) AS month_num, coalesce(sum(list_cost), 0) AS cost, min(usage_date) AS first_date
  FROM system_gold.fact_usage
  WHERE usage_date BETWEEN DATE '2026-01-01' AND DATE '2026-06-30'
  GROUP BY ALL
),
beginning AS (
  SELECT min(first_date) AS began_on, month(began_on) - 1 + (day(began_on) - 1) / day(last_day(began_on)) AS started
  FROM month_cost
),
running_total AS (
  SELECT
    m.month_num,
    coalesce(c.cost, 0)::DOUBLE AS cost,
    (sum(c.cost) OVER (ORDER BY m.month_num))::DOUBLE AS ytd_cost,
    b.started,
    m.month_num::DOUBLE AS elapsed -- June is over, too
  FROM beginning AS b, generate_series(1, 6) AS m (month_num)
  LEFT JOIN month_cost AS c USING (month_num)
  WHERE m.month_num >= month(b.began_on)
),
projected_month AS (
  SELECT *, ytd_cost / (elapsed - started) AS run_rate, ytd_cost + run_rate * (12 - elapsed) AS projected
  FROM running_total
)
SELECT
  month_num::INTEGER AS month_num,
  monthname(make_date(2026, month_num, 1)) AS month_name,
  cost AS monthly_spend,
  ytd_cost AS ytd_spend,
  110000.0::DOUBLE / 12 AS monthly_target,
  110000.0::DOUBLE / 12 * elapsed AS ytd_target,
  greatest(110000.0::DOUBLE - ytd_cost, 0) / nullif(12 - elapsed, 0) AS required_run_rate,
  run_rate AS actual_run_rate,
  projected AS projected_annual,
  projected - 110000.0::DOUBLE AS variance_amount,
  (projected - 110000.0::DOUBLE) / 110000.0::DOUBLE * 100 AS variance_pct,
  CASE
    WHEN projected < 110000.0::DOUBLE * (1 - 10 / 100) THEN 'UNDERSHOOT_RISK'
    WHEN projected > 110000.0::DOUBLE * (1 + 10 / 100) THEN 'OVERSHOOT_RISK'
    ELSE 'ON_TRACK'
  END AS commit_status
FROM projected_month
ORDER BY month_num
