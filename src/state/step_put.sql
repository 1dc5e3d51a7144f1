INSERT OR REPLACE INTO step (run_id, seq, name, state, started_us, ended_us, rows_in, rows_changed, rows_rejected, error)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
