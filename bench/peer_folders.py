"""The peer of bench_folders: what an engineer who knows DuckDB would write by hand for the same job.

Loads folders of Parquet into bronze (typed columns, rows without a key set aside, checks counted, of rows delivered twice the later
one by file and row; into an empty table by INSERT, else by MERGE) and gold (fact_node_timeline, fact_query_history, maps and structs
flattened as gold has them, keys looked at), with all cores, into a database file.
    peer_folders.py INPUT DATABASE
"""
import sys

import duckdb

# The files are read again where they are needed: keeping their rows in a table costs more than that.
STAGE = """
CREATE TEMP VIEW staged AS
SELECT *, file_row_number AS seq FROM read_parquet('{input}/{table}/*.parquet', filename = true, file_row_number = true, union_by_name = true)
"""

# Rows delivered once pass as they are; only keys that stand twice are ordered.
DEDUPE = """
CREATE TEMP TABLE doubled AS SELECT {key} FROM staged WHERE {good} GROUP BY {key} HAVING count(*) > 1;
CREATE TEMP VIEW fresh AS
SELECT s.* FROM staged AS s WHERE {good} AND NOT EXISTS (SELECT 1 FROM doubled AS d WHERE {same})
UNION ALL BY NAME
(SELECT s.* FROM staged AS s SEMI JOIN doubled AS d ON {same} QUALIFY row_number() OVER (PARTITION BY {keys} ORDER BY filename DESC, seq DESC) = 1);
"""

TABLES = {
    "compute/node_timeline": {
        "key": ["cluster_id", "instance_id", "start_time"],
        "good": "TRUE",
        "checks": ["cluster_id IS NULL", "start_time IS NULL", "instance_id IS NULL"],
        "bronze": "node_timeline",
        "gold": """
            CREATE TABLE fact_node_timeline AS
            SELECT account_id, workspace_id, cluster_id, instance_id, start_time, end_time, driver, cpu_user_percent, cpu_system_percent, cpu_wait_percent,
                   mem_used_percent, mem_swap_percent, network_sent_bytes, network_received_bytes, node_type, private_ip,
                   to_json(disk_free_bytes_per_mount_point)::VARCHAR AS disk_free_bytes_per_mount_point_json
            FROM node_timeline""",
        "gold_table": "fact_node_timeline",
        "gold_key": "workspace_id, instance_id, start_time",
    },
    "query/history": {
        "key": ["statement_id"],
        "good": "statement_id IS NOT NULL",
        "checks": ["statement_id IS NULL", "start_time IS NULL"],
        "bronze": "query_history",
        "gold": """
            CREATE TABLE fact_query_history AS
            SELECT account_id, workspace_id, statement_id, executed_by, session_id, execution_status, statement_text, statement_type, error_message,
                   client_application, total_duration_ms, execution_duration_ms, start_time, end_time, read_rows, read_bytes,
                   compute.type AS compute_type, compute.cluster_id AS compute_cluster_id, compute.warehouse_id AS compute_warehouse_id, query_tags
            FROM query_history""",
        "gold_table": "fact_query_history",
        "gold_key": "statement_id",
    },
}

CHECKS = "CREATE TABLE IF NOT EXISTS check_result (table_name VARCHAR, checked BIGINT, failed BIGINT[]); " \
    "CREATE TABLE IF NOT EXISTS key_result (table_name VARCHAR, doubled BIGINT)"


def load(con, source, table, spec):
    """Bronze: a first load inserts, a later one merges."""
    key, bronze = spec["key"], spec["bronze"]
    con.execute(STAGE.format(input=source, table=table))
    con.execute(f"CREATE TABLE IF NOT EXISTS {bronze} AS SELECT * FROM staged WHERE FALSE")
    con.execute(f"CREATE TABLE IF NOT EXISTS quarantine_{bronze} AS SELECT * FROM staged WHERE FALSE")
    con.execute(f"INSERT INTO quarantine_{bronze} BY NAME SELECT * FROM staged WHERE NOT ({spec['good']})")
    failed = ", ".join(f"count_if({c})" for c in spec["checks"])
    con.execute(f"INSERT INTO check_result SELECT '{table}', count(*), [{failed}] FROM staged")
    same = " AND ".join(f"s.{k} IS NOT DISTINCT FROM d.{k}" for k in key)
    con.execute(DEDUPE.format(key=", ".join(key), good=spec["good"], keys=", ".join("s." + k for k in key), same=same))
    if con.execute(f"SELECT count(*) FROM (FROM {bronze} LIMIT 1)").fetchone()[0] == 0:
        con.execute(f"INSERT INTO {bronze} BY NAME FROM fresh")
    else:
        con.execute(
            f"MERGE INTO {bronze} AS t USING fresh AS s ON {' AND '.join(f't.{k} IS NOT DISTINCT FROM s.{k}' for k in key)} "
            "WHEN MATCHED AND (s.filename, s.seq) >= (t.filename, t.seq) THEN UPDATE BY NAME WHEN NOT MATCHED THEN INSERT BY NAME"
        )
    con.execute("DROP VIEW fresh; DROP TABLE doubled; DROP VIEW staged")


def main():
    source, target = sys.argv[1:3]
    con = duckdb.connect(target)
    con.execute("SET preserve_insertion_order = false")
    con.execute(CHECKS)
    for table, spec in TABLES.items():
        con.execute("BEGIN")
        load(con, source, table, spec)
        con.execute("COMMIT")
    con.execute("BEGIN")
    for spec in TABLES.values():
        con.execute(spec["gold"])
    con.execute("COMMIT")
    for spec in TABLES.values():
        con.execute(f"INSERT INTO key_result SELECT '{spec['gold_table']}', count(*) FROM (SELECT 1 FROM {spec['gold_table']} GROUP BY {spec['gold_key']} HAVING count(*) > 1)")
    con.close()


main()
