-- Statements. Four in a thousand are delivered while they run, and a day later as they ended.
SELECT
  h.account_id,
  h.workspace_id,
  sim_uuid('statement', q.k) AS statement_id,
  u.email AS executed_by,
  sim_uuid('session', q.warehouse_no, q.user_no, q.d) AS session_id,
  CASE WHEN q.early THEN 'RUNNING' ELSE q.state END AS execution_status,
  named_struct('type', 'WAREHOUSE', 'cluster_id', CAST(NULL AS STRING), 'warehouse_id', h.warehouse_id) AS compute,
  u.user_id AS executed_by_user_id,
  CASE q.kind
    WHEN 0 THEN concat('SELECT region, sum(amount) FROM ', a.full_name, ' GROUP BY region')
    WHEN 1 THEN concat('INSERT INTO ', b.full_name, ' SELECT * FROM ', a.full_name)
    WHEN 2 THEN concat('MERGE INTO ', b.full_name, ' AS t USING ', a.full_name, ' AS s ON t.id = s.id WHEN MATCHED THEN UPDATE SET *')
    WHEN 3 THEN concat('CREATE OR REPLACE TABLE ', b.full_name, ' AS SELECT * FROM ', a.full_name)
    ELSE 'SHOW TABLES'
  END AS statement_text,
  element_at(array('SELECT', 'INSERT', 'MERGE', 'REPLACE', 'SHOW'), CAST(q.kind AS INT) + 1) AS statement_type,
  CASE WHEN q.state = 'FAILED' AND NOT q.early THEN '[TABLE_OR_VIEW_NOT_FOUND] The table or view cannot be found' END AS error_message,
  CASE WHEN q.user_no % 3 = 0 THEN 'Databricks SQL Dashboard' WHEN q.user_no % 3 = 1 THEN 'Databricks SQL Editor' ELSE 'Databricks SQL Connector' END AS client_application,
  CASE WHEN q.user_no % 3 = 2 THEN 'Databricks ODBC Driver' END AS client_driver,
  q.total_ms AS total_duration_ms,
  q.wait_ms AS waiting_for_compute_duration_ms,
  q.queue_ms AS waiting_at_capacity_duration_ms,
  q.exec_ms AS execution_duration_ms,
  q.compile_ms AS compilation_duration_ms,
  CASE WHEN q.kind = 4 THEN 0 ELSE q.exec_ms * 6 END AS total_task_duration_ms,
  q.fetch_ms AS result_fetch_duration_ms,
  timestamp_micros(q.start_us) AS start_time,
  CASE WHEN NOT q.early THEN timestamp_micros(q.end_us) END AS end_time,
  timestamp_micros(CASE WHEN q.early THEN q.start_us ELSE q.end_us + 1000000 END) AS update_time,
  q.read_bytes DIV 100000000 AS read_partitions,
  q.read_bytes DIV 40000000 AS pruned_files,
  CASE WHEN q.kind = 4 THEN 0 ELSE 1 + q.read_bytes DIV 20000000 END AS read_files,
  q.read_bytes DIV 120 AS read_rows,
  CASE WHEN q.kind = 0 THEN 1 + q.read_bytes DIV 2000000 ELSE 0 END AS produced_rows,
  q.read_bytes,
  CASE WHEN q.cached OR q.kind = 4 THEN 0 ELSE CAST((40 + 55 * sim_random('query io cache', q.k)) / coalesce(q.cache, 1.0) AS INT) END AS read_io_cache_percent,
  q.cached AS from_result_cache,
  CASE
    WHEN q.cached THEN 0
    WHEN q.spilling IS NOT NULL THEN CAST(q.read_bytes * q.spilling AS BIGINT)
    WHEN sim_random('query spills', q.k) < 0.03 THEN q.read_bytes DIV 5
    ELSE 0
  END AS spilled_local_bytes,
  CASE WHEN q.kind BETWEEN 1 AND 3 THEN q.read_bytes DIV 3 ELSE 0 END AS written_bytes,
  q.read_bytes DIV 4 AS shuffle_read_bytes,
  u.user_id AS executed_as_user_id,
  u.email AS executed_as,
  CASE WHEN q.kind BETWEEN 1 AND 3 THEN q.read_bytes DIV 360 ELSE 0 END AS written_rows,
  CASE WHEN q.kind BETWEEN 1 AND 3 THEN 1 + q.read_bytes DIV 90000000 ELSE 0 END AS written_files,
  q.arrival
FROM (
  SELECT x.*, FALSE AS early FROM sim.query AS x
  UNION ALL
  SELECT x.* EXCEPT (arrival), x.first_arrival AS arrival, TRUE AS early FROM sim.query AS x WHERE x.corrected
) AS q
JOIN sim.warehouse AS h ON h.warehouse_no = q.warehouse_no
JOIN sim.person AS u ON u.user_no = q.user_no
JOIN sim.table AS a ON a.table_no = q.source_no
JOIN sim.table AS b ON b.table_no = q.target_no
