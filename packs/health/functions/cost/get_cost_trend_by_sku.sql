-- Daily list cost of SKUs.
-- Grain: one row a SKU and day with usage. The change is to the calendar day before, also to the one before start_date; it is null where that day has no usage.
-- Today is incomplete: it is shown when the period holds it, without a change.
-- daily_dbu counts quantities in DBU only: gigabytes and storage units are no DBUs.
CREATE OR REPLACE FUNCTION get_cost_trend_by_sku(
  start_date STRING COMMENT 'First day, YYYY-MM-DD (UTC), inclusive',
  end_date STRING COMMENT 'Last day, YYYY-MM-DD (UTC), inclusive',
  sku_filter STRING DEFAULT 'ALL' COMMENT 'Full name of one SKU; ALL for every SKU'
)
RETURNS TABLE (
  usage_date DATE COMMENT 'UTC day of the usage',
  sku_name STRING COMMENT 'SKU that is billed',
  daily_dbu DOUBLE COMMENT 'Usage of the day in DBU; 0 for SKUs that are billed in other units',
  daily_cost DOUBLE COMMENT 'List cost of the day, in list currency',
  cumulative_cost DOUBLE COMMENT 'List cost of the SKU from start_date up to this day, in list currency',
  pct_change_vs_prior DOUBLE COMMENT 'Change of daily_cost to the calendar day before, percent; null when that had no cost, or the day is not over'
)
COMMENT "PURPOSE: Daily list cost of each SKU over a period, with its running total and the change from day to day.
BEST FOR: How did the cost of a SKU develop? | What does serverless SQL cost per day? | On which day did a SKU jump?
NOT FOR: totals of a period (use get_top_cost_contributors), weeks (use get_cost_week_over_week), outliers (use get_cost_anomalies)
RETURNS: one row per SKU and day with usage, by day and SKU
EXAMPLE: SELECT * FROM get_cost_trend_by_sku('2026-06-01', '2026-06-30')"
RETURN
  WITH sku_day AS (
    SELECT
      f.usage_date,
      f.sku_name,
      COALESCE(SUM(CASE WHEN f.usage_unit = 'DBU' THEN f.usage_quantity END), 0) AS dbu,
      COALESCE(SUM(f.list_cost), 0) AS cost
    FROM fact_usage AS f
    WHERE f.usage_date BETWEEN DATE_SUB(CAST(start_date AS DATE), 1) AND CAST(end_date AS DATE)
      AND (sku_filter = 'ALL' OR f.sku_name = sku_filter)
    GROUP BY f.usage_date, f.sku_name
  ),
  compared_day AS (
    SELECT
      d.*,
      SUM(CASE WHEN d.usage_date >= CAST(start_date AS DATE) THEN d.cost END) OVER (
        PARTITION BY d.sku_name ORDER BY d.usage_date ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
      ) AS running_cost,
      CASE
        WHEN LAG(d.usage_date) OVER (PARTITION BY d.sku_name ORDER BY d.usage_date) = DATE_SUB(d.usage_date, 1)
          AND d.usage_date < CURRENT_DATE()
        THEN CAST(LAG(d.cost) OVER (PARTITION BY d.sku_name ORDER BY d.usage_date) AS DOUBLE)
      END AS prior_cost
    FROM sku_day AS d
  )
  SELECT
    d.usage_date,
    d.sku_name,
    CAST(d.dbu AS DOUBLE) AS daily_dbu,
    CAST(d.cost AS DOUBLE) AS daily_cost,
    CAST(d.running_cost AS DOUBLE) AS cumulative_cost,
    (CAST(d.cost AS DOUBLE) - d.prior_cost) / NULLIF(d.prior_cost, 0) * 100 AS pct_change_vs_prior
  FROM compared_day AS d
  WHERE d.usage_date >= CAST(start_date AS DATE)
  ORDER BY d.usage_date, d.sku_name
