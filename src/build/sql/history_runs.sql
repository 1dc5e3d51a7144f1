SELECT run_id, kind, state, started_at, ended_at, error
FROM secchi_ops.run
ORDER BY run_id DESC
LIMIT 10000
