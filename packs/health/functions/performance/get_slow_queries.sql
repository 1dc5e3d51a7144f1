-- Finished statements that took at least a threshold, slowest first.
-- Grain: one row a statement. Failed and canceled statements are left out: what they took says nothing of the query.
-- The threshold is inclusive. A day is the UTC day on which the statement was received.
CREATE OR REPLACE FUNCTION get_slow_queries(
  start_date STRING COMMENT 'First UTC day of the window, YYYY-MM-DD, inclusive',
  end_date STRING COMMENT 'Last UTC day of the window, YYYY-MM-DD, inclusive',
  duration_threshold_seconds INT DEFAULT 300 COMMENT 'Shortest duration that is reported, in seconds',
  top_n INT DEFAULT 50 COMMENT 'Statements at most'
)
RETURNS TABLE (
  rank INT COMMENT 'Place by duration, 1 for the slowest',
  statement_id STRING COMMENT 'Statement',
  warehouse_id STRING COMMENT 'SQL warehouse that ran it; null on other compute',
  warehouse_name STRING COMMENT 'Name of the warehouse as it is now',
  executed_by STRING COMMENT 'User that ran it',
  statement_type STRING COMMENT 'SELECT, INSERT, MERGE, ...; null when unknown',
  duration_seconds DOUBLE COMMENT 'From receipt to end with queueing, without the fetching of results, in seconds',
  read_gb DOUBLE COMMENT 'Data read, in GB of 1024^3 bytes',
  rows_produced BIGINT COMMENT 'Rows returned',
  start_time TIMESTAMP COMMENT 'When the statement was received (UTC)'
)
COMMENT 'PURPOSE: Single finished statements that took at least a number of seconds, slowest first, with who ran them, where, and what they read.
BEST FOR: Which queries are the slowest? | What ran longer than five minutes last month? | Who runs the longest statements on which warehouse?
NOT FOR: why a statement is slow (use get_query_efficiency), latency of a warehouse (use get_query_latency_percentiles), errors (use get_failed_queries)
RETURNS: one row per statement, slowest first
EXAMPLE: SELECT * FROM get_slow_queries(\'2026-06-01\', \'2026-06-30\', 300, 20)'
RETURN
  WITH slow_statement AS (
    SELECT
      ROW_NUMBER() OVER (ORDER BY q.total_duration_ms DESC, q.statement_id) AS place,
      q.workspace_id,
      q.statement_id,
      q.compute_warehouse_id,
      q.executed_by,
      q.statement_type,
      q.total_duration_ms,
      q.read_bytes,
      q.produced_rows,
      q.start_time
    FROM fact_query_history AS q
    WHERE q.start_time >= CAST(start_date AS DATE)
      AND q.start_time < DATE_ADD(CAST(end_date AS DATE), 1)
      AND q.execution_status = 'FINISHED'
      AND q.total_duration_ms >= duration_threshold_seconds * 1000L
  )
  SELECT
    s.place AS rank,
    s.statement_id,
    s.compute_warehouse_id AS warehouse_id,
    w.warehouse_name,
    s.executed_by,
    s.statement_type,
    s.total_duration_ms / 1000.0D AS duration_seconds,
    s.read_bytes / 1073741824.0D AS read_gb,
    s.produced_rows AS rows_produced,
    s.start_time
  FROM slow_statement AS s
  LEFT JOIN dim_warehouse AS w ON w.workspace_id = s.workspace_id AND w.warehouse_id = s.compute_warehouse_id
  WHERE s.place <= top_n
  ORDER BY s.place
