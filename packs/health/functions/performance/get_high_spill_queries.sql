-- Statements that spilled at least a threshold to disk, most spill first.
-- Grain: one row a statement, whatever became of it. A day is the UTC day on which it was received.
-- The system tables know local spill only: remote_spill_gb is always 0. A threshold of 0 still asks for some spill.
CREATE OR REPLACE FUNCTION get_high_spill_queries(
  start_date STRING COMMENT 'First UTC day of the window, YYYY-MM-DD, inclusive',
  end_date STRING COMMENT 'Last UTC day of the window, YYYY-MM-DD, inclusive',
  min_spill_gb DOUBLE DEFAULT 1.0 COMMENT 'Least spill that is reported, in GB of 1024^3 bytes'
)
RETURNS TABLE (
  statement_id STRING COMMENT 'Statement',
  warehouse_id STRING COMMENT 'SQL warehouse that ran it; null on other compute',
  executed_by STRING COMMENT 'User that ran it',
  statement_type STRING COMMENT 'SELECT, INSERT, MERGE, ...; null when unknown',
  duration_seconds DOUBLE COMMENT 'From receipt to end with queueing, without the fetching of results, in seconds; so far while it runs',
  local_spill_gb DOUBLE COMMENT 'Data written to local disk for want of memory, in GB of 1024^3 bytes',
  remote_spill_gb DOUBLE COMMENT 'Always 0: the source does not tell spill to remote storage',
  total_spill_gb DOUBLE COMMENT 'local_spill_gb and remote_spill_gb together, in GB of 1024^3 bytes',
  read_gb DOUBLE COMMENT 'Data read, in GB of 1024^3 bytes',
  spill_ratio DOUBLE COMMENT 'Bytes spilled for each byte read; null when nothing was read'
)
COMMENT 'PURPOSE: Single statements whose memory did not suffice: those that spilled at least a number of gigabytes to disk, most spill first.
BEST FOR: Which queries spill to disk? | Which statements need more memory or a larger warehouse? | Who runs queries that spill more than they read?
NOT FOR: other reasons of inefficiency (use get_query_efficiency), spill rate of a warehouse (use get_query_efficiency_analysis)
RETURNS: one row per statement with spill, most spill first
EXAMPLE: SELECT * FROM get_high_spill_queries(\'2026-06-01\', \'2026-06-30\', 0.5)'
RETURN
  SELECT
    q.statement_id,
    q.compute_warehouse_id AS warehouse_id,
    q.executed_by,
    q.statement_type,
    q.total_duration_ms / 1000.0D AS duration_seconds,
    q.spilled_local_bytes / 1073741824.0D AS local_spill_gb,
    0.0D AS remote_spill_gb,
    q.spilled_local_bytes / 1073741824.0D AS total_spill_gb,
    q.read_bytes / 1073741824.0D AS read_gb,
    q.spilled_local_bytes / CAST(NULLIF(q.read_bytes, 0) AS DOUBLE) AS spill_ratio
  FROM fact_query_history AS q
  WHERE q.start_time >= CAST(start_date AS DATE)
    AND q.start_time < DATE_ADD(CAST(end_date AS DATE), 1)
    AND q.spilled_local_bytes > 0
    AND q.spilled_local_bytes >= min_spill_gb * 1073741824.0D
  ORDER BY q.spilled_local_bytes DESC, q.statement_id
