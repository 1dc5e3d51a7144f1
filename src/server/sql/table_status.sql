-- How every table fares: its newest step, its newest load, its rejected rows and its open findings; one row a layer and table.
WITH newest_step AS (
  SELECT
    layer,
    table_name,
    run_id,
    state,
    started_at,
    ended_at,
    rows_in,
    rows_changed,
    rows_rejected,
    error
  FROM secchi_ops.step
  WHERE table_name IS NOT NULL
  QUALIFY ROW_NUMBER() OVER (PARTITION BY layer, table_name ORDER BY run_id DESC, seq DESC) = 1
),
newest_load AS (
  SELECT
    'bronze' AS layer,
    table_name,
    MAX(ingested_at) AS loaded_at,
    SUM(rows_rejected) AS quarantined
  FROM secchi_ops.load_batch
  GROUP BY table_name
  UNION ALL
  SELECT
    'gold' AS layer,
    table_name,
    MAX(published_to) AS loaded_at,
    0 AS quarantined
  FROM secchi_ops.gold_mark
  GROUP BY table_name
),
open_finding AS (
  SELECT
    table_name,
    COUNT(*) AS findings
  FROM secchi_ops.finding
  WHERE state = 'open'
  GROUP BY table_name
),
known_table AS (
  SELECT layer, table_name FROM newest_step
  UNION
  SELECT layer, table_name FROM newest_load
)
SELECT
  k.layer,
  k.table_name,
  CAST(COALESCE(l.quarantined, 0) AS BIGINT) AS quarantined,
  COALESCE(f.findings, 0) AS findings,
  l.loaded_at,
  s.run_id,
  s.state,
  s.started_at,
  s.ended_at,
  (UNIX_MICROS(s.ended_at) - UNIX_MICROS(s.started_at)) / 1e6 AS duration_s,
  s.rows_in,
  s.rows_changed,
  s.rows_rejected,
  s.error
FROM known_table AS k
LEFT JOIN newest_step AS s
  ON s.layer = k.layer AND s.table_name = k.table_name
LEFT JOIN newest_load AS l
  ON l.layer = k.layer AND l.table_name = k.table_name
LEFT JOIN open_finding AS f
  ON f.table_name = k.table_name
ORDER BY k.layer, k.table_name
