-- Finished statements of 2 s and more, 2026-06-01 to 2026-06-30, the 100 least efficient.
WITH judged_statement AS (
  SELECT
    statement_id,
    compute_warehouse_id,
    executed_by,
    total_duration_ms,
    read_bytes,
    produced_rows,
    coalesce(spilled_local_bytes, 0) AS spilled_bytes,
    read_bytes / nullif(produced_rows, 0) AS bytes_per_row,
    CASE WHEN read_bytes > 0 AND NOT coalesce(from_result_cache, FALSE) THEN try_cast(read_io_cache_percent AS DOUBLE) END AS disk_cache_pct,
    pruned_files * 100 / nullif(pruned_files + read_files, 0) AS pruned_files_pct,
    CASE WHEN spilled_bytes > 0 THEN 40 WHEN bytes_per_row > 10000000 THEN 50 WHEN total_duration_ms > 600000 THEN 60 ELSE 80 END AS score
  FROM system_gold.fact_query_history
  WHERE start_time >= TIMESTAMP '2026-06-01' AND start_time < TIMESTAMP '2026-07-01'
    AND execution_status = 'FINISHED'
    AND total_duration_ms >= 2000
  ORDER BY score, total_duration_ms DESC, statement_id
  LIMIT 100
)
SELECT
  row_number() OVER (ORDER BY score, total_duration_ms DESC, statement_id)::INTEGER AS rank,
  statement_id,
  compute_warehouse_id AS warehouse_id,
  executed_by,
  total_duration_ms / 1000 AS duration_seconds,
  read_bytes / 1073741824 AS read_gb,
  produced_rows AS rows_produced,
  bytes_per_row,
  spilled_bytes > 0 AS has_spill,
  spilled_bytes / 1073741824 AS spill_gb,
  score AS efficiency_score,
  list_filter([
    CASE WHEN spilled_bytes > 0 THEN 'SPILL' END,
    CASE WHEN bytes_per_row > 10000000 THEN 'HIGH_BYTES_PER_ROW' END,
    CASE WHEN total_duration_ms > 600000 THEN 'VERY_SLOW' END,
    CASE WHEN disk_cache_pct < 20 THEN 'LOW_DISK_CACHE' END,
    CASE WHEN pruned_files_pct < 10 THEN 'LOW_PRUNING' END
  ], lambda f: f IS NOT NULL) AS optimization_flags
FROM judged_statement
ORDER BY rank
