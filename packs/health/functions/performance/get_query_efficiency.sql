-- Long finished statements with what makes them inefficient, least efficient first.
-- Grain: one row a statement. A day is the UTC day on which it was received.
-- The score is that of the worst thing found: 40 spill, 50 too many bytes read for each row returned, 60 very slow, else 80. Statements that return no rows
-- (INSERT, MERGE, ..) have no bytes for each row. The flags name all that is found; those for the disk cache and for pruning do not change the score.
CREATE OR REPLACE FUNCTION get_query_efficiency(
  start_date STRING COMMENT 'First UTC day of the window, YYYY-MM-DD, inclusive',
  end_date STRING COMMENT 'Last UTC day of the window, YYYY-MM-DD, inclusive',
  min_duration_seconds INT DEFAULT 60 COMMENT 'Shortest duration that is looked at, in seconds',
  top_n INT DEFAULT 100 COMMENT 'Statements at most'
)
RETURNS TABLE (
  rank INT COMMENT 'Place by score, then by duration; 1 for the least efficient',
  statement_id STRING COMMENT 'Statement',
  warehouse_id STRING COMMENT 'SQL warehouse that ran it; null on other compute',
  executed_by STRING COMMENT 'User that ran it',
  duration_seconds DOUBLE COMMENT 'From receipt to end with queueing, without the fetching of results, in seconds',
  read_gb DOUBLE COMMENT 'Data read, in GB of 1024^3 bytes',
  rows_produced BIGINT COMMENT 'Rows returned',
  bytes_per_row DOUBLE COMMENT 'Bytes read for each row returned; null when none was returned',
  has_spill BOOLEAN COMMENT 'True when it wrote to local disk for want of memory',
  spill_gb DOUBLE COMMENT 'Data spilled to local disk, in GB of 1024^3 bytes',
  efficiency_score INT COMMENT '40 spill, 50 too many bytes for each row, 60 very slow, 80 none of these; the lowest that applies',
  optimization_flags ARRAY<STRING> COMMENT 'All that applies of SPILL, HIGH_BYTES_PER_ROW, VERY_SLOW, LOW_DISK_CACHE, LOW_PRUNING, in this order; may be empty'
)
COMMENT 'PURPOSE: Single long statements scored by spill, bytes read per row returned and duration, with flags for disk cache and file pruning.
BEST FOR: Which queries should be tuned first? | Why is this query inefficient? | Which long statements read too much or prune no files?
NOT FOR: only spill (use get_high_spill_queries), only duration (use get_slow_queries), verdicts on warehouses (use get_query_efficiency_analysis)
RETURNS: one row per finished statement, least efficient first
EXAMPLE: SELECT * FROM get_query_efficiency(\'2026-06-01\', \'2026-06-30\', 60, 20)'
RETURN
  WITH long_statement AS (
    SELECT
      q.statement_id,
      q.compute_warehouse_id,
      q.executed_by,
      q.total_duration_ms,
      q.read_bytes,
      q.produced_rows,
      COALESCE(q.spilled_local_bytes, 0) AS spilled_bytes,
      q.read_bytes / CAST(NULLIF(q.produced_rows, 0) AS DOUBLE) AS bytes_per_row,
      CASE WHEN q.read_bytes > 0 AND NOT COALESCE(q.from_result_cache, FALSE) THEN TRY_CAST(q.read_io_cache_percent AS DOUBLE) END AS disk_cache_pct,
      q.pruned_files * 100.0D / NULLIF(q.pruned_files + q.read_files, 0) AS pruned_files_pct
    FROM fact_query_history AS q
    WHERE q.start_time >= CAST(start_date AS DATE)
      AND q.start_time < DATE_ADD(CAST(end_date AS DATE), 1)
      AND q.execution_status = 'FINISHED'
      AND q.total_duration_ms >= min_duration_seconds * 1000L
  ),
  judged_statement AS (
    SELECT
      s.*,
      s.spilled_bytes > 0 AS has_spill,
      s.bytes_per_row > CAST(${threshold.read_bytes_per_row} AS DOUBLE) AS reads_too_much,
      s.total_duration_ms > CAST(${threshold.very_slow_query_s} AS DOUBLE) * 1000 AS is_very_slow
    FROM long_statement AS s
  ),
  scored_statement AS (
    SELECT j.*, CASE WHEN j.has_spill THEN 40 WHEN j.reads_too_much THEN 50 WHEN j.is_very_slow THEN 60 ELSE 80 END AS score
    FROM judged_statement AS j
  ),
  ranked_statement AS (
    SELECT s.*, ROW_NUMBER() OVER (ORDER BY s.score, s.total_duration_ms DESC, s.statement_id) AS place
    FROM scored_statement AS s
  )
  SELECT
    r.place AS rank,
    r.statement_id,
    r.compute_warehouse_id AS warehouse_id,
    r.executed_by,
    r.total_duration_ms / 1000.0D AS duration_seconds,
    r.read_bytes / 1073741824.0D AS read_gb,
    r.produced_rows AS rows_produced,
    r.bytes_per_row,
    r.has_spill,
    r.spilled_bytes / 1073741824.0D AS spill_gb,
    r.score AS efficiency_score,
    ARRAY_COMPACT(
      ARRAY(
        CASE WHEN r.has_spill THEN 'SPILL' END,
        CASE WHEN r.reads_too_much THEN 'HIGH_BYTES_PER_ROW' END,
        CASE WHEN r.is_very_slow THEN 'VERY_SLOW' END,
        CASE WHEN r.disk_cache_pct < CAST(${threshold.disk_cache_pct} AS DOUBLE) THEN 'LOW_DISK_CACHE' END,
        CASE WHEN r.pruned_files_pct < CAST(${threshold.pruned_files_pct} AS DOUBLE) THEN 'LOW_PRUNING' END
      )
    ) AS optimization_flags
  FROM ranked_statement AS r
  WHERE r.place <= top_n
  ORDER BY r.place
