INSERT OR REPLACE INTO run (id, kind, requested_by, state, created_us, started_us, ended_us, error, options)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
