-- The running month so far against the month before.
-- Grain: two rows, always: list cost and DBU. Only complete days count: on the first of a month there are none yet.
-- The month before is looked at for as many days; where it is shorter than that, for all of it. The change is therefore that of the mean per day.
CREATE OR REPLACE FUNCTION get_cost_mtd_summary()
RETURNS TABLE (
  metric STRING COMMENT 'Total Cost (USD), which is in list currency, or Total DBU',
  current_mtd DOUBLE COMMENT 'Complete days of the running month, list currency or DBU',
  prior_mtd DOUBLE COMMENT 'As many first days of the month before, list currency or DBU; null when usage does not reach back to its first day',
  mom_change_pct DOUBLE COMMENT 'Change of the mean per day to the month before, percent; null on the first day of a month',
  projected_month_end DOUBLE COMMENT 'current_mtd carried on to all days of the month at the same pace; null on the first day of a month'
)
COMMENT "PURPOSE: Month-to-date list cost and DBU, against the same number of days of the month before, with month-end projection.
BEST FOR: What did we spend this month so far? | Are we ahead of last month? | Where will this month end at this pace?
NOT FOR: later months and bounds (use get_cost_forecast_summary), weeks (use get_cost_week_over_week)
RETURNS: one row per measure, always two: cost and DBU
EXAMPLE: SELECT * FROM get_cost_mtd_summary()"
RETURN
  WITH loaded AS (
    SELECT MIN(f.usage_date) AS first_date
    FROM fact_usage AS f
  ),
  period AS (
    SELECT
      COALESCE(SUM(CASE WHEN f.usage_date >= TRUNC(CURRENT_DATE(), 'MM') THEN f.list_cost END), 0) AS cost,
      COALESCE(SUM(CASE WHEN f.usage_date < TRUNC(CURRENT_DATE(), 'MM') THEN f.list_cost END), 0) AS prior_cost,
      COALESCE(SUM(CASE WHEN f.usage_date >= TRUNC(CURRENT_DATE(), 'MM') AND f.usage_unit = 'DBU' THEN f.usage_quantity END), 0) AS dbu,
      COALESCE(SUM(CASE WHEN f.usage_date < TRUNC(CURRENT_DATE(), 'MM') AND f.usage_unit = 'DBU' THEN f.usage_quantity END), 0) AS prior_dbu
    FROM fact_usage AS f
    WHERE f.usage_date >= ADD_MONTHS(TRUNC(CURRENT_DATE(), 'MM'), -1) AND f.usage_date < CURRENT_DATE() AND DAY(f.usage_date) < DAY(CURRENT_DATE())
  ),
  measure AS (
    SELECT
      m.place,
      m.metric,
      CASE WHEN m.place = 1 THEN CAST(p.cost AS DOUBLE) ELSE CAST(p.dbu AS DOUBLE) END AS amount,
      CASE
        WHEN l.first_date > ADD_MONTHS(TRUNC(CURRENT_DATE(), 'MM'), -1) THEN NULL
        WHEN m.place = 1 THEN CAST(p.prior_cost AS DOUBLE)
        ELSE CAST(p.prior_dbu AS DOUBLE)
      END AS prior_amount,
      DAY(CURRENT_DATE()) - 1 AS days,
      LEAST(DAY(CURRENT_DATE()) - 1, DAY(DATE_SUB(TRUNC(CURRENT_DATE(), 'MM'), 1))) AS prior_days
    FROM period AS p
    CROSS JOIN loaded AS l
    CROSS JOIN (VALUES (1, 'Total Cost (USD)'), (2, 'Total DBU')) AS m (place, metric)
  )
  SELECT
    m.metric,
    m.amount AS current_mtd,
    m.prior_amount AS prior_mtd,
    (m.amount / NULLIF(m.days, 0) / NULLIF(m.prior_amount / NULLIF(m.prior_days, 0), 0) - 1) * 100 AS mom_change_pct,
    m.amount / NULLIF(m.days, 0) * DAY(LAST_DAY(CURRENT_DATE())) AS projected_month_end
  FROM measure AS m
  ORDER BY m.place
