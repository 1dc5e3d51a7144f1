-- Days on which a workspace cost much more or less than in the week before.
-- Grain: one row a workspace and day. The baseline is the seven calendar days before, without the day itself: a day in its own baseline can hardly stand out.
-- A day without usage costs 0 and may be a dip. No verdict in the first seven days of a workspace (usage is read from 14 days before start_date), on
-- today, which is incomplete, and after seven days of equal cost.
CREATE OR REPLACE FUNCTION get_cost_anomalies(
  start_date STRING COMMENT 'First day, YYYY-MM-DD (UTC), inclusive',
  end_date STRING COMMENT 'Last day, YYYY-MM-DD (UTC), inclusive; today and later days are left out',
  z_score_threshold DOUBLE DEFAULT 2.0 COMMENT 'Least distance from the mean of the week before, in standard deviations'
)
RETURNS TABLE (
  anomaly_date DATE COMMENT 'UTC day',
  workspace_id STRING COMMENT 'Workspace; null for usage of the account',
  daily_cost DOUBLE COMMENT 'List cost of the day, in list currency',
  avg_cost_7d DOUBLE COMMENT 'Mean daily list cost of the seven days before, in list currency',
  std_cost_7d DOUBLE COMMENT 'Sample standard deviation of these seven days, in list currency',
  z_score DOUBLE COMMENT '(daily_cost - avg_cost_7d) / std_cost_7d',
  anomaly_type STRING COMMENT 'SPIKE when the day cost more, DIP when less'
)
COMMENT "PURPOSE: Finds days on which the list cost of a workspace was far from its seven days before, as a z-score, spikes and dips.
BEST FOR: Were there cost anomalies? | On which days did cost spike? | Is there a workspace whose spend collapsed?
NOT FOR: steady growth (use get_cost_growth_analysis), daily figures as such (use get_cost_trend_by_sku)
RETURNS: one row per workspace and anomalous day, the farthest from normal first
EXAMPLE: SELECT * FROM get_cost_anomalies('2026-06-01', '2026-06-30', 3.0)"
RETURN
  WITH usage_day AS (
    SELECT f.workspace_id, f.usage_date, COALESCE(SUM(f.list_cost), 0) AS cost
    FROM fact_usage AS f
    WHERE f.usage_date BETWEEN DATE_SUB(CAST(start_date AS DATE), 14) AND CAST(end_date AS DATE) AND f.usage_date < CURRENT_DATE()
    GROUP BY f.workspace_id, f.usage_date
  ),
  workspace AS (
    SELECT d.workspace_id, MIN(d.usage_date) AS first_date
    FROM usage_day AS d
    GROUP BY d.workspace_id
  ),
  calendar_day AS (
    SELECT w.workspace_id, EXPLODE(SEQUENCE(w.first_date, LEAST(CAST(end_date AS DATE), DATE_SUB(CURRENT_DATE(), 1)))) AS usage_date
    FROM workspace AS w
  ),
  workspace_day AS (
    SELECT a.workspace_id, a.usage_date, CAST(SUM(a.cost) AS DOUBLE) AS cost
    FROM (
      SELECT d.workspace_id, d.usage_date, d.cost
      FROM usage_day AS d
      UNION ALL
      SELECT c.workspace_id, c.usage_date, 0 AS cost
      FROM calendar_day AS c
    ) AS a
    GROUP BY a.workspace_id, a.usage_date
  ),
  baseline AS (
    SELECT
      d.*,
      COUNT(*) OVER week_before AS days_before,
      AVG(d.cost) OVER week_before AS mean_cost,
      CASE WHEN MIN(d.cost) OVER week_before < MAX(d.cost) OVER week_before THEN STDDEV_SAMP(d.cost) OVER week_before END AS deviation
    FROM workspace_day AS d
    WINDOW week_before AS (PARTITION BY d.workspace_id ORDER BY d.usage_date ROWS BETWEEN 7 PRECEDING AND 1 PRECEDING)
  ),
  scored_day AS (
    SELECT b.*, (b.cost - b.mean_cost) / b.deviation AS z
    FROM baseline AS b
    WHERE b.days_before = 7 AND b.deviation > 0
  )
  SELECT
    s.usage_date AS anomaly_date,
    s.workspace_id,
    s.cost AS daily_cost,
    s.mean_cost AS avg_cost_7d,
    s.deviation AS std_cost_7d,
    s.z AS z_score,
    CASE WHEN s.z > 0 THEN 'SPIKE' ELSE 'DIP' END AS anomaly_type
  FROM scored_day AS s
  WHERE ABS(s.z) >= z_score_threshold AND s.usage_date >= CAST(start_date AS DATE)
  ORDER BY ROUND(ABS(s.z), 6) DESC, s.usage_date, s.workspace_id
