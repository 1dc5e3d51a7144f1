SELECT run_id, seq, name, state, started_at, ended_at, rows_in, rows_changed, rows_rejected, error
FROM secchi_ops.step
WHERE run_id IN (SELECT run_id FROM secchi_ops.run ORDER BY run_id DESC LIMIT 10000)
ORDER BY run_id, seq
