-- The newest steps of one table, the newest first.
SELECT
  run_id,
  seq,
  state,
  started_at,
  ended_at,
  (UNIX_MICROS(ended_at) - UNIX_MICROS(started_at)) / 1e6 AS duration_s,
  rows_in,
  rows_changed,
  rows_rejected,
  error
FROM secchi_ops.step
WHERE layer = :layer AND table_name = :table
ORDER BY run_id DESC, seq DESC
LIMIT :limit
