-- What the running month and the next ones will cost.
-- Grain: one row a month: the running one, then forecast_months after it. No rows before the first month that usage covers whole.
-- The history is the complete months among the twelve before the running one, as cost per day, since months differ in length. From three months on a
-- straight line is fitted and carried on (their mean would be no projection); of one or two months the mean counts. p10 and p90 are the bounds of the
-- prediction interval of that fit with normal errors, nothing below 0; one month gives none.
-- The running month is compared with its forecast for as many days as are complete; the months after it have no actual.
CREATE OR REPLACE FUNCTION get_cost_forecast_summary(
  forecast_months INT DEFAULT 3 COMMENT 'Months after the running one'
)
RETURNS TABLE (
  forecast_month DATE COMMENT 'First day of the month (UTC)',
  predicted_cost_p50 DOUBLE COMMENT 'Expected list cost of the whole month, in list currency',
  predicted_cost_p10 DOUBLE COMMENT 'Bound that the cost stays below with 10 percent probability, in list currency; null with one month of history',
  predicted_cost_p90 DOUBLE COMMENT 'Bound that the cost stays below with 90 percent probability, in list currency; null with one month of history',
  mtd_actual DOUBLE COMMENT 'List cost of the complete days of the running month, in list currency; null for later months and on the first day',
  variance_vs_actual DOUBLE COMMENT 'mtd_actual minus the part of predicted_cost_p50 for the same days, in list currency; above 0: dearer than forecast'
)
COMMENT "PURPOSE: Projects monthly list cost from the last twelve complete months by a straight line, with 10 and 90 percent bounds.
BEST FOR: What will we spend next month? | What is the cost forecast for the next quarter? | Are we above the forecast this month?
NOT FOR: pace within this month only (use get_cost_mtd_summary), a yearly commitment (use get_commit_vs_actual)
RETURNS: one row per month, the running month first, then forecast_months more
EXAMPLE: SELECT * FROM get_cost_forecast_summary(6)"
RETURN
  WITH loaded AS (
    SELECT MIN(f.usage_date) AS first_date
    FROM fact_usage AS f
  ),
  month AS (
    SELECT TRUNC(f.usage_date, 'MM') AS month_start, CAST(COALESCE(SUM(f.list_cost), 0) AS DOUBLE) AS cost
    FROM fact_usage AS f
    WHERE f.usage_date >= ADD_MONTHS(TRUNC(CURRENT_DATE(), 'MM'), -12) AND f.usage_date < CURRENT_DATE()
    GROUP BY TRUNC(f.usage_date, 'MM')
  ),
  -- x counts months from the running one, which is 0; y is cost per day.
  history AS (
    SELECT
      CAST((YEAR(m.month_start) - YEAR(CURRENT_DATE())) * 12 + MONTH(m.month_start) - MONTH(CURRENT_DATE()) AS DOUBLE) AS x,
      m.cost / DAY(LAST_DAY(m.month_start)) AS y
    FROM month AS m
    CROSS JOIN loaded AS l
    WHERE m.month_start >= l.first_date AND m.month_start < TRUNC(CURRENT_DATE(), 'MM')
  ),
  line AS (
    SELECT
      COUNT(*) AS months,
      AVG(h.x) AS mean_x,
      AVG(h.y) AS mean_y,
      VAR_POP(h.x) * COUNT(*) AS spread_x,
      CASE WHEN COUNT(*) > 2 THEN REGR_SLOPE(h.y, h.x) ELSE 0 END AS slope
    FROM history AS h
  ),
  fit AS (
    SELECT
      l.months,
      l.mean_x,
      l.mean_y,
      l.slope,
      CASE WHEN l.months > 2 THEN l.spread_x END AS spread_x,
      SQRT(SUM(POWER(h.y - l.mean_y - l.slope * (h.x - l.mean_x), 2)) / NULLIF(l.months - CASE WHEN l.months > 2 THEN 2 ELSE 1 END, 0)) AS error
    FROM line AS l
    CROSS JOIN history AS h
    GROUP BY l.months, l.mean_x, l.mean_y, l.slope, l.spread_x
  ),
  ahead AS (
    SELECT EXPLODE(SEQUENCE(0, GREATEST(forecast_months, 0))) AS x
  ),
  -- 1.2815515655446 is the 90 percent quantile of the standard normal distribution.
  projection AS (
    SELECT
      a.x,
      ADD_MONTHS(TRUNC(CURRENT_DATE(), 'MM'), a.x) AS month_start,
      DAY(LAST_DAY(ADD_MONTHS(TRUNC(CURRENT_DATE(), 'MM'), a.x))) AS days,
      f.mean_y + f.slope * (a.x - f.mean_x) AS expected,
      1.2815515655446D * f.error * SQRT(1 + 1.0D / f.months + COALESCE(POWER(a.x - f.mean_x, 2) / f.spread_x, 0)) AS margin
    FROM fit AS f
    CROSS JOIN ahead AS a
  ),
  bounded_projection AS (
    SELECT
      p.x,
      p.month_start,
      p.days,
      CASE WHEN p.expected > 0 THEN p.expected ELSE 0 END * p.days AS p50,
      CASE WHEN p.margin IS NOT NULL THEN GREATEST(p.expected - p.margin, 0) * p.days END AS p10,
      CASE WHEN p.margin IS NOT NULL THEN GREATEST(p.expected + p.margin, 0) * p.days END AS p90,
      CASE WHEN p.x = 0 AND DAY(CURRENT_DATE()) > 1 THEN DAY(CURRENT_DATE()) - 1 END AS days_over
    FROM projection AS p
  )
  SELECT
    p.month_start AS forecast_month,
    p.p50 AS predicted_cost_p50,
    p.p10 AS predicted_cost_p10,
    p.p90 AS predicted_cost_p90,
    CASE WHEN p.days_over IS NOT NULL THEN COALESCE(m.cost, 0) END AS mtd_actual,
    CASE WHEN p.days_over IS NOT NULL THEN COALESCE(m.cost, 0) - p.p50 * p.days_over / p.days END AS variance_vs_actual
  FROM bounded_projection AS p
  LEFT JOIN month AS m ON m.month_start = p.month_start
  ORDER BY p.month_start
