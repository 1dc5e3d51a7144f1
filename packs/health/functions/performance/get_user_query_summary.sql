-- What each user runs.
-- Grain: one row a user over all workspaces, those with most statements only. A day is the UTC day on which a statement was received.
-- most_used_warehouse is the one with most of the user's statements (of equals the first by id), not any of them as in the specification.
-- Errors are a share of the statements that have ended: one that still runs is neither.
CREATE OR REPLACE FUNCTION get_user_query_summary(
  start_date STRING COMMENT 'First UTC day of the window, YYYY-MM-DD, inclusive',
  end_date STRING COMMENT 'Last UTC day of the window, YYYY-MM-DD, inclusive',
  top_n INT DEFAULT 50 COMMENT 'Users at most'
)
RETURNS TABLE (
  rank INT COMMENT 'Place by number of statements, 1 for the most',
  user_email STRING COMMENT 'User or service principal; null where the source does not name one',
  query_count INT COMMENT 'Statements that the user ran, whatever became of them',
  total_duration_hours DOUBLE COMMENT 'Sum of their durations, in hours',
  avg_duration_seconds DOUBLE COMMENT 'Mean duration of a statement, in seconds',
  total_read_gb DOUBLE COMMENT 'Data read, in GB of 1024^3 bytes',
  error_rate_pct DOUBLE COMMENT 'Failed statements as a share of the ended ones, in percent; canceled ones are ended, not failed',
  most_used_warehouse STRING COMMENT 'Identifier of the SQL warehouse that ran most of them; null when none of them ran on a warehouse'
)
COMMENT 'PURPOSE: How much each user queries: statements, hours, data read, error rate and the warehouse used most, heaviest users first.
BEST FOR: Who runs the most queries? | Which users read the most data? | Whose queries fail most often?
NOT FOR: single statements of a user (use get_slow_queries or get_failed_queries), cost of a user (use get_cost_by_owner)
RETURNS: one row per user, most statements first
EXAMPLE: SELECT * FROM get_user_query_summary(\'2026-06-01\', \'2026-06-30\', 10)'
RETURN
  WITH user_warehouse AS (
    SELECT
      q.executed_by,
      q.compute_warehouse_id,
      COUNT(*) AS statements,
      SUM(q.total_duration_ms) AS duration_ms,
      COUNT(q.total_duration_ms) AS timed,
      SUM(q.read_bytes) AS read_bytes,
      COUNT_IF(q.execution_status = 'FAILED') AS failed,
      COUNT_IF(q.execution_status <> 'RUNNING') AS ended
    FROM fact_query_history AS q
    WHERE q.start_time >= CAST(start_date AS DATE)
      AND q.start_time < DATE_ADD(CAST(end_date AS DATE), 1)
    GROUP BY q.executed_by, q.compute_warehouse_id
  ),
  placed_warehouse AS (
    SELECT
      u.*,
      ROW_NUMBER() OVER (
        PARTITION BY u.executed_by ORDER BY u.compute_warehouse_id IS NULL, u.statements DESC, u.compute_warehouse_id
      ) AS warehouse_place
    FROM user_warehouse AS u
  ),
  user_summary AS (
    SELECT
      p.executed_by,
      SUM(p.statements) AS statements,
      SUM(p.duration_ms) AS duration_ms,
      SUM(p.timed) AS timed,
      SUM(p.read_bytes) AS read_bytes,
      SUM(p.failed) AS failed,
      SUM(p.ended) AS ended,
      MAX(CASE WHEN p.warehouse_place = 1 THEN p.compute_warehouse_id END) AS most_used_warehouse
    FROM placed_warehouse AS p
    GROUP BY p.executed_by
  ),
  ranked_user AS (
    SELECT s.*, ROW_NUMBER() OVER (ORDER BY s.statements DESC, s.executed_by) AS place
    FROM user_summary AS s
  )
  SELECT
    r.place AS rank,
    r.executed_by AS user_email,
    CAST(r.statements AS INT) AS query_count,
    r.duration_ms / 3600000.0D AS total_duration_hours,
    r.duration_ms / (NULLIF(r.timed, 0) * 1000.0D) AS avg_duration_seconds,
    r.read_bytes / 1073741824.0D AS total_read_gb,
    r.failed * 100.0D / NULLIF(r.ended, 0) AS error_rate_pct,
    r.most_used_warehouse
  FROM ranked_user AS r
  WHERE r.place <= top_n
  ORDER BY r.place
