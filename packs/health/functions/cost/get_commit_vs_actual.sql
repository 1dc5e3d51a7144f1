-- List cost of a year against what was committed for it.
-- Grain: one row a month of the year, from the first with usage to that of the last day; each row tells how things stood at the end of its month.
-- The last day is as_of_date, never later than yesterday. A month that is not over counts by its share of days, in targets and run rates alike.
-- The run rate is measured from the first day of the year with usage: usage that began in the middle of the year does not look like a lower rate.
CREATE OR REPLACE FUNCTION get_commit_vs_actual(
  commit_year INT COMMENT 'Calendar year of the commitment',
  annual_commit_amount DOUBLE COMMENT 'What was committed for the year, in list currency',
  as_of_date STRING DEFAULT NULL COMMENT 'Last day that counts, YYYY-MM-DD (UTC), inclusive; null or a later day: yesterday'
)
RETURNS TABLE (
  month_num INT COMMENT 'Month of the year, 1 to 12',
  month_name STRING COMMENT 'English name of the month',
  monthly_spend DOUBLE COMMENT 'List cost of the month, of its days so far while it runs, in list currency',
  ytd_spend DOUBLE COMMENT 'List cost of the year up to the end of the month, in list currency',
  monthly_target DOUBLE COMMENT 'A twelfth of the commitment, in list currency',
  ytd_target DOUBLE COMMENT 'Part of the commitment that should be spent by then, in list currency; a running month counts by its share of days',
  required_run_rate DOUBLE COMMENT 'Spend per month that is left for the rest of the year, in list currency; 0 when all is spent, null after December',
  actual_run_rate DOUBLE COMMENT 'Spend per month so far, since the first day of the year with usage, in list currency',
  projected_annual DOUBLE COMMENT 'ytd_spend and actual_run_rate for the rest of the year, in list currency',
  variance_amount DOUBLE COMMENT 'projected_annual minus the commitment, in list currency; below 0: commitment is left over',
  variance_pct DOUBLE COMMENT 'variance_amount as a share of the commitment, percent',
  commit_status STRING COMMENT 'UNDERSHOOT_RISK or OVERSHOOT_RISK when variance_pct is beyond threshold.commit_tolerance_pct, else ON_TRACK'
)
COMMENT "PURPOSE: Tracks a year's list cost month by month against an annual commitment, with run rates, projection and status.
BEST FOR: Will we use up our annual commit? | Are we over or under the commitment? | What must we spend per month from here?
NOT FOR: months ahead without a commitment (use get_cost_forecast_summary), the running month (use get_cost_mtd_summary)
RETURNS: one row per month of the year up to the last complete day
EXAMPLE: SELECT * FROM get_commit_vs_actual(2026, 1200000.0, '2026-06-30')"
RETURN
  WITH month_cost AS (
    SELECT MONTH(f.usage_date) AS month_num, COALESCE(SUM(f.list_cost), 0) AS cost, MIN(f.usage_date) AS first_date
    FROM fact_usage AS f
    WHERE f.usage_date BETWEEN MAKE_DATE(commit_year, 1, 1)
      AND LEAST(MAKE_DATE(commit_year, 12, 31), CAST(as_of_date AS DATE), DATE_SUB(CURRENT_DATE(), 1))
    GROUP BY MONTH(f.usage_date)
  ),
  beginning AS (
    SELECT MIN(m.first_date) AS first_date
    FROM month_cost AS m
  ),
  period AS (
    SELECT b.first_date, LEAST(MAKE_DATE(commit_year, 12, 31), CAST(as_of_date AS DATE), DATE_SUB(CURRENT_DATE(), 1)) AS last_date
    FROM beginning AS b
    WHERE b.first_date IS NOT NULL
  ),
  month AS (
    SELECT p.*, EXPLODE(SEQUENCE(MONTH(p.first_date), MONTH(p.last_date))) AS month_num
    FROM period AS p
  ),
  -- Times are in months since the first of January.
  running_total AS (
    SELECT
      m.month_num,
      CAST(COALESCE(c.cost, 0) AS DOUBLE) AS cost,
      CAST(SUM(c.cost) OVER (ORDER BY m.month_num ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS DOUBLE) AS ytd_cost,
      MONTH(m.first_date) - 1 + (DAY(m.first_date) - 1) / DAY(LAST_DAY(m.first_date)) AS started,
      CASE WHEN m.month_num < MONTH(m.last_date) THEN m.month_num ELSE m.month_num - 1 + DAY(m.last_date) / DAY(LAST_DAY(m.last_date)) END AS elapsed
    FROM month AS m
    LEFT JOIN month_cost AS c ON c.month_num = m.month_num
  ),
  projected_month AS (
    SELECT
      t.*,
      t.ytd_cost / (t.elapsed - t.started) AS run_rate,
      t.ytd_cost + t.ytd_cost / (t.elapsed - t.started) * (12 - t.elapsed) AS projected
    FROM running_total AS t
  )
  SELECT
    p.month_num,
    DATE_FORMAT(MAKE_DATE(commit_year, p.month_num, 1), 'MMMM') AS month_name,
    p.cost AS monthly_spend,
    p.ytd_cost AS ytd_spend,
    annual_commit_amount / 12 AS monthly_target,
    annual_commit_amount / 12 * p.elapsed AS ytd_target,
    GREATEST(annual_commit_amount - p.ytd_cost, 0) / NULLIF(12 - p.elapsed, 0) AS required_run_rate,
    p.run_rate AS actual_run_rate,
    p.projected AS projected_annual,
    p.projected - annual_commit_amount AS variance_amount,
    (p.projected - annual_commit_amount) / NULLIF(annual_commit_amount, 0) * 100 AS variance_pct,
    CASE
      WHEN p.projected < annual_commit_amount * (1 - CAST(${threshold.commit_tolerance_pct} AS DOUBLE) / 100) THEN 'UNDERSHOOT_RISK'
      WHEN p.projected > annual_commit_amount * (1 + CAST(${threshold.commit_tolerance_pct} AS DOUBLE) / 100) THEN 'OVERSHOOT_RISK'
      ELSE 'ON_TRACK'
    END AS commit_status
  FROM projected_month AS p
  ORDER BY p.month_num
