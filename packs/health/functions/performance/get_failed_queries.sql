-- Statements that failed or were canceled, newest first.
-- Grain: one row a statement. Canceled ones have no error. A day is the UTC day on which the statement was received.
CREATE OR REPLACE FUNCTION get_failed_queries(
  start_date STRING COMMENT 'First UTC day of the window, YYYY-MM-DD, inclusive',
  end_date STRING COMMENT 'Last UTC day of the window, YYYY-MM-DD, inclusive',
  top_n INT DEFAULT 100 COMMENT 'Statements at most, the newest'
)
RETURNS TABLE (
  statement_id STRING COMMENT 'Statement',
  warehouse_id STRING COMMENT 'SQL warehouse that ran it; null on other compute',
  executed_by STRING COMMENT 'User that ran it',
  statement_type STRING COMMENT 'SELECT, INSERT, MERGE, ...; null when unknown',
  error_message STRING COMMENT 'Error of the statement; null for a canceled one',
  start_time TIMESTAMP COMMENT 'When the statement was received (UTC)',
  duration_before_failure_seconds DOUBLE COMMENT 'From receipt to the failure or cancellation, in seconds'
)
COMMENT 'PURPOSE: Single SQL statements that failed or were canceled, newest first, with the error, who ran them, where, and how long they had run.
BEST FOR: Which queries failed lately and why? | Which errors do users get? | Which statements were canceled after running for long?
NOT FOR: failed job runs (use get_failed_jobs), error rates of users (use get_user_query_summary) or of warehouses (use get_warehouse_utilization)
RETURNS: one row per failed or canceled statement, newest first
EXAMPLE: SELECT * FROM get_failed_queries(\'2026-06-01\', \'2026-06-30\', 20)'
RETURN
  WITH failed_statement AS (
    SELECT
      ROW_NUMBER() OVER (ORDER BY q.start_time DESC, q.statement_id) AS place,
      q.statement_id,
      q.compute_warehouse_id,
      q.executed_by,
      q.statement_type,
      q.error_message,
      q.start_time,
      q.total_duration_ms
    FROM fact_query_history AS q
    WHERE q.start_time >= CAST(start_date AS DATE)
      AND q.start_time < DATE_ADD(CAST(end_date AS DATE), 1)
      AND q.execution_status IN ('FAILED', 'CANCELED')
  )
  SELECT
    f.statement_id,
    f.compute_warehouse_id AS warehouse_id,
    f.executed_by,
    f.statement_type,
    f.error_message,
    f.start_time,
    f.total_duration_ms / 1000.0D AS duration_before_failure_seconds
  FROM failed_statement AS f
  WHERE f.place <= top_n
  ORDER BY f.place
