"""Makes the input of bench_folders: folders of Parquet files as a platform delivers system tables, one file a day.

compute/node_timeline: ROWS rows, a map column, 2 % of them delivered again (corrected) a day later.
query/history: a quarter as many rows, structs and maps, 2 % delivered again with a later end, 0.1 % without a key.
Same arguments, same rows.
"""
import pathlib
import sys

import duckdb

DAYS = 30

NODE = """
COPY (
  SELECT 'a1' AS account_id, 'w' || (i % 5) AS workspace_id,
         'c' || (i % 40) AS cluster_id, 'i' || (i % 400) AS instance_id,
         TIMESTAMP '2026-01-01' + INTERVAL (day) DAY + INTERVAL (i // 400) SECOND AS start_time,
         TIMESTAMP '2026-01-01' + INTERVAL (day) DAY + INTERVAL (i // 400 + 60) SECOND AS end_time,
         i % 40 = 0 AS driver,
         (hash(i, day, fix) % 10000) / 100.0 AS cpu_user_percent, (hash(i, day, 1) % 1000) / 100.0 AS cpu_system_percent,
         (hash(i, day, 2) % 500) / 100.0 AS cpu_wait_percent, (hash(i, day, 3) % 10000) / 100.0 AS mem_used_percent, 0.0 AS mem_swap_percent,
         (hash(i, day, 4) % 1000000)::BIGINT AS network_sent_bytes, (hash(i, day, 5) % 1000000)::BIGINT AS network_received_bytes,
         MAP {{'/': (hash(i, day, 6) % 1000000000)::BIGINT, '/local_disk0': (hash(i, day, 7) % 1000000000)::BIGINT}} AS disk_free_bytes_per_mount_point,
         'm5.xlarge' AS node_type, '10.0.' || (i % 4) || '.' || (i % 100) AS private_ip
  FROM (SELECT i, {day} AS day, 0 AS fix FROM range({rows}) AS r(i)
        UNION ALL SELECT i, {day} - 1, 1 FROM range(0, {rows}, 50) AS r(i) WHERE {day} > 0)
) TO '{path}' (FORMAT parquet)
"""

QUERY = """
COPY (
  SELECT 'a1' AS account_id, 'w' || (i % 5) AS workspace_id,
         CASE WHEN i % 1000 = 7 THEN NULL ELSE 's-' || day || '-' || i END AS statement_id,
         'user' || (i % 150) || '@example.com' AS executed_by, 'session' || (i % 900) AS session_id,
         CASE WHEN i % 20 = 0 THEN 'FAILED' ELSE 'FINISHED' END AS execution_status,
         {{'type': 'WAREHOUSE', 'cluster_id': NULL::VARCHAR, 'warehouse_id': 'wh' || (i % 8)}} AS compute,
         'SELECT * FROM t' || (i % 300) || ' WHERE x = ' || i AS statement_text, 'SELECT' AS statement_type,
         CASE WHEN i % 20 = 0 THEN 'division by zero' END AS error_message, 'Databricks SQL' AS client_application,
         (hash(i, day, fix) % 60000)::BIGINT AS total_duration_ms, (hash(i, day, 1) % 50000)::BIGINT AS execution_duration_ms,
         (hash(i, day, 2) % 1000000)::BIGINT AS read_rows, (hash(i, day, 3) % 1000000000)::BIGINT AS read_bytes,
         TIMESTAMP '2026-01-01' + INTERVAL (day) DAY + INTERVAL (i % 86400) SECOND AS start_time,
         TIMESTAMP '2026-01-01' + INTERVAL (day) DAY + INTERVAL (i % 86400 + 5 + fix) SECOND AS end_time,
         MAP {{'team': 'team' || (i % 12)}} AS query_tags
  FROM (SELECT i, {day} AS day, 0 AS fix FROM range({rows}) AS r(i)
        UNION ALL SELECT i, {day} - 1, 1 FROM range(0, {rows}, 50) AS r(i) WHERE {day} > 0)
) TO '{path}' (FORMAT parquet)
"""


def make(out, rows):
    con = duckdb.connect()
    for table, sql, share in (("compute/node_timeline", NODE, 1), ("query/history", QUERY, 4)):
        folder = pathlib.Path(out) / table
        folder.mkdir(parents=True, exist_ok=True)
        for day in range(DAYS):
            con.execute(sql.format(day=day, rows=rows // DAYS // share, path=folder / f"2026-01-{day + 1:02}.parquet"))


if __name__ == "__main__":
    make(sys.argv[1], int(sys.argv[2]))
