-- List cost of weeks.
-- Grain: one row a complete week, Monday to Sunday (UTC). The running week is left out, and so is the week in which usage begins, unless on its Monday.
-- Neighbours are those of the calendar: a week without usage is no row, and the week after it has no prior week. Weeks before the first row that is
-- returned still count as prior week and in the average.
CREATE OR REPLACE FUNCTION get_cost_week_over_week(
  weeks_back INT COMMENT 'Complete weeks before the running one'
)
RETURNS TABLE (
  week_start DATE COMMENT 'Monday of the week (UTC)',
  weekly_cost DOUBLE COMMENT 'List cost of the week, in list currency',
  weekly_dbu DOUBLE COMMENT 'Usage of the week in DBU; other units are not counted',
  prior_week_cost DOUBLE COMMENT 'List cost of the week before, in list currency; null when that week has no usage or is not complete',
  wow_growth_pct DOUBLE COMMENT 'Change to the week before, percent; null without one',
  four_week_avg DOUBLE COMMENT 'Mean weekly list cost of this week and the three before it, of those with usage, in list currency'
)
COMMENT "PURPOSE: List cost of each complete week with its change to the week before and a four-week average.
BEST FOR: How did cost change week over week? | Is spend rising from week to week? | What did we spend last week?
NOT FOR: who caused the change (use get_cost_growth_by_period), months (use get_cost_mtd_summary), days (use get_cost_trend_by_sku)
RETURNS: one row per complete week (Monday to Sunday), the oldest first
EXAMPLE: SELECT * FROM get_cost_week_over_week(8)"
RETURN
  WITH loaded AS (
    SELECT MIN(f.usage_date) AS first_date
    FROM fact_usage AS f
  ),
  week AS (
    SELECT
      TRUNC(f.usage_date, 'WEEK') AS monday,
      COALESCE(SUM(f.list_cost), 0) AS cost,
      COALESCE(SUM(CASE WHEN f.usage_unit = 'DBU' THEN f.usage_quantity END), 0) AS dbu
    FROM fact_usage AS f
    WHERE f.usage_date >= DATE_SUB(TRUNC(CURRENT_DATE(), 'WEEK'), 7 * (weeks_back + 3)) AND f.usage_date < TRUNC(CURRENT_DATE(), 'WEEK')
    GROUP BY TRUNC(f.usage_date, 'WEEK')
  ),
  compared_week AS (
    SELECT
      w.*,
      CASE WHEN LAG(w.monday) OVER (ORDER BY w.monday) = DATE_SUB(w.monday, 7) THEN CAST(LAG(w.cost) OVER (ORDER BY w.monday) AS DOUBLE) END AS prior_cost,
      CAST(SUM(w.cost) OVER (ORDER BY w.monday RANGE BETWEEN INTERVAL 21 DAYS PRECEDING AND CURRENT ROW) AS DOUBLE) AS cost_of_four,
      COUNT(*) OVER (ORDER BY w.monday RANGE BETWEEN INTERVAL 21 DAYS PRECEDING AND CURRENT ROW) AS weeks_of_four
    FROM week AS w
    CROSS JOIN loaded AS l
    WHERE w.monday >= l.first_date
  )
  SELECT
    w.monday AS week_start,
    CAST(w.cost AS DOUBLE) AS weekly_cost,
    CAST(w.dbu AS DOUBLE) AS weekly_dbu,
    w.prior_cost AS prior_week_cost,
    (CAST(w.cost AS DOUBLE) - w.prior_cost) / NULLIF(w.prior_cost, 0) * 100 AS wow_growth_pct,
    w.cost_of_four / w.weeks_of_four AS four_week_avg
  FROM compared_week AS w
  WHERE w.monday >= DATE_SUB(TRUNC(CURRENT_DATE(), 'WEEK'), 7 * weeks_back)
  ORDER BY w.monday
