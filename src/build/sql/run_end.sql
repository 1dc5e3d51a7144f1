UPDATE secchi_ops.run
SET state = :state, ended_at = :now, error = :error
WHERE run_id = :run
