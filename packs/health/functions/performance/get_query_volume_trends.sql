-- Statements per hour, day or week of the last complete days, each compared with the period before.
-- Grain: one row a period, in UTC; weeks begin on Monday. A period without statements is a row with 0, so that the one after it is compared with it.
-- Window: the days_back complete days before today; today is left out, and with WEEK the weeks that are not wholly within the window are, too.
-- The first period has nothing before it within the window.
CREATE OR REPLACE FUNCTION get_query_volume_trends(
  days_back INT COMMENT 'Complete UTC days before today that are looked at',
  granularity STRING DEFAULT 'DAY' COMMENT 'HOUR, DAY or WEEK, in any case; anything else means DAY'
)
RETURNS TABLE (
  period_start TIMESTAMP COMMENT 'Start of the hour, day or week (UTC)',
  query_count INT COMMENT 'Statements received in the period',
  unique_users INT COMMENT 'Distinct users that ran them',
  avg_duration_seconds DOUBLE COMMENT 'Mean duration of a statement, in seconds; null without statements',
  total_read_tb DOUBLE COMMENT 'Data read, in TB of 1024^4 bytes',
  error_count INT COMMENT 'Statements that failed; canceled ones are not counted',
  prior_period_count INT COMMENT 'Statements of the period before; null for the first period',
  change_pct DOUBLE COMMENT 'Change of query_count against the period before, in percent; null for the first period and after one without statements'
)
COMMENT 'PURPOSE: How many statements run per hour, day or week over time, with users, mean duration, data read, errors and change to the period before.
BEST FOR: Does query volume grow? | At which hours do most queries run? | How many users ran queries on each day of the last month?
NOT FOR: load of single warehouses (use get_warehouse_utilization), usage of single users (use get_user_query_summary)
RETURNS: one row per hour, day or complete week, oldest first
EXAMPLE: SELECT * FROM get_query_volume_trends(28, \'WEEK\')'
RETURN
  WITH period AS (
    SELECT h.hour_start AS period_start
    FROM (
      SELECT EXPLODE(SEQUENCE(
        CAST(DATE_SUB(CURRENT_DATE(), GREATEST(days_back, 0)) AS TIMESTAMP), CAST(CURRENT_DATE() AS TIMESTAMP), INTERVAL 1 HOUR
      )) AS hour_start
    ) AS h
    WHERE h.hour_start < CURRENT_DATE()
      AND CASE UPPER(granularity)
        WHEN 'HOUR' THEN TRUE
        WHEN 'WEEK' THEN h.hour_start = DATE_TRUNC('WEEK', h.hour_start) AND h.hour_start + INTERVAL 7 DAY <= CURRENT_DATE()
        ELSE h.hour_start = DATE_TRUNC('DAY', h.hour_start)
      END
  ),
  volume AS (
    SELECT
      CASE UPPER(granularity)
        WHEN 'HOUR' THEN DATE_TRUNC('HOUR', q.start_time)
        WHEN 'WEEK' THEN DATE_TRUNC('WEEK', q.start_time)
        ELSE DATE_TRUNC('DAY', q.start_time)
      END AS period_start,
      COUNT(*) AS statements,
      COUNT(DISTINCT q.executed_by) AS users,
      AVG(q.total_duration_ms) AS mean_ms,
      SUM(q.read_bytes) AS read_bytes,
      COUNT_IF(q.execution_status = 'FAILED') AS failed
    FROM fact_query_history AS q
    WHERE q.start_time >= DATE_SUB(CURRENT_DATE(), days_back)
      AND q.start_time < CURRENT_DATE()
    GROUP BY 1
  ),
  compared AS (
    SELECT
      p.period_start,
      COALESCE(v.statements, 0) AS statements,
      COALESCE(v.users, 0) AS users,
      v.mean_ms,
      COALESCE(v.read_bytes, 0) AS read_bytes,
      COALESCE(v.failed, 0) AS failed,
      LAG(COALESCE(v.statements, 0)) OVER (ORDER BY p.period_start) AS prior_statements
    FROM period AS p
    LEFT JOIN volume AS v ON v.period_start = p.period_start
  )
  SELECT
    c.period_start,
    CAST(c.statements AS INT) AS query_count,
    CAST(c.users AS INT) AS unique_users,
    c.mean_ms / 1000.0D AS avg_duration_seconds,
    c.read_bytes / 1099511627776.0D AS total_read_tb,
    CAST(c.failed AS INT) AS error_count,
    CAST(c.prior_statements AS INT) AS prior_period_count,
    (c.statements - c.prior_statements) * 100.0D / NULLIF(c.prior_statements, 0) AS change_pct
  FROM compared AS c
  ORDER BY c.period_start
