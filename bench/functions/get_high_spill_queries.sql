-- Statements that spilled 0.01 GB and more, 2026-06-01 to 2026-06-30.
SELECT
  statement_id,
  compute_warehouse_id AS warehouse_id,
  executed_by,
  statement_type,
  total_duration_ms / 1000 AS duration_seconds,
  spilled_local_bytes / 1073741824 AS local_spill_gb,
  0::DOUBLE AS remote_spill_gb,
  spilled_local_bytes / 1073741824 AS total_spill_gb,
  read_bytes / 1073741824 AS read_gb,
  spilled_local_bytes / nullif(read_bytes, 0) AS spill_ratio
FROM system_gold.fact_query_history
WHERE start_time >= TIMESTAMP '2026-06-01' AND start_time < TIMESTAMP '2026-07-01'
  AND spilled_local_bytes >= 10737419 -- 0.01 GB
ORDER BY spilled_local_bytes DESC, statement_id
