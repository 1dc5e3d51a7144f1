"""The gate for SQL of people: one SELECT of open tables, known functions, nothing else. Every attack is refused with one clear line, as reader and as
administrator, and leaves the home as it was."""

import hashlib
import itertools

import pytest
from program import EVENT_LOGS, new_home
from server_kit import Server

# What must not be reached, as the relation of a FROM.
RELATIONS = [
    "read_csv('/etc/passwd')", "read_csv_auto('/etc/passwd')", "read_text('/etc/passwd')", "read_blob('/etc/passwd')", "read_json('/etc/passwd')",
    "read_json_objects('/etc/passwd')", "read_ndjson('/etc/passwd')", "read_parquet('/tmp/*.parquet')", "parquet_scan('/tmp/x.parquet')",
    "parquet_metadata('/tmp/x.parquet')", "parquet_schema('/tmp/x.parquet')", "sniff_csv('/etc/passwd')", "glob('/etc/*')", "delta_scan('/tmp')",
    "iceberg_scan('/tmp')", "postgres_scan('host=127.0.0.1', 'public', 't')", "sqlite_scan('/tmp/state.db', 't')", "read_duckdb('/tmp/x.db')",
    "read_files('/etc/passwd')", "cloud_files('/tmp')", "read_kafka(bootstrapServers => '127.0.0.1:9092')", "read_kinesis(streamName => 'x')",
    "remote_query('c', query => 'SELECT 1')", "duckdb_settings()", "duckdb_secrets()", "duckdb_tables()", "duckdb_functions()", "duckdb_databases()",
    "duckdb_extensions()", "duckdb_temporary_files()", "duckdb_memory()", "pragma_database_list()", "pragma_table_info('secchi_ops.run')",
    "pragma_version()", "query('SELECT 1')", "query_table('secchi_ops.run')", "json_execute_serialized_sql('{}')", "from_substrait('x')",
    "which_secret('x', 's3')", "checkpoint()", "force_checkpoint()", "enable_logging()", "duckdb_logs()", "test_all_types()", "seq_scan('x')",
    "sqlite_master", "pg_catalog.pg_tables", "pg_catalog.pg_settings", "main.sqlite_master", "system.main.duckdb_tables", "temp.x",
    "duckdb_tables", "csv.`/etc/passwd`", "json.`/etc/passwd`", "parquet.`/tmp/x`", "text.`/etc/passwd`", "binaryFile.`/etc/passwd`", "delta.`/tmp`",
    "`/etc/passwd`", "'/etc/passwd'", "secchi_scope_0000000000000000_system_gold.dim_job", "other_catalog.system_gold.dim_job",
    "information_schema.role_table_grants", "`secchi_information`.`pg_tables`", "system.access.`audit; DROP TABLE x`",
]
# The same as a value.
VALUES = [
    "getenv('HOME')", "current_setting('memory_limit')", "read_text('/etc/passwd')", "getvariable('dbx_user')", "pg_read_file('/etc/passwd')",
    "json_execute_serialized_sql('{}')", "http_request('GET', 'http://127.0.0.1')", "ai_query('m', 'x')", "secret('a', 'b')", "try_secret('a', 'b')",
    "reflect('java.lang.Runtime', 'getRuntime')", "java_method('java.lang.System', 'getenv')", "set_config('a', 'b', false)", "txid_current()",
    "nextval('s')", "write_log('x')", "load_extension('x')", "system('id')", "`getenv`('HOME')", "main.getenv('HOME')", "\"getenv\"('HOME')",
]
STATEMENTS = [
    "INSERT INTO dim_job SELECT * FROM dim_job", "INSERT OVERWRITE dim_job SELECT * FROM dim_job", "UPDATE dim_job SET job_id = '1'", "DELETE FROM dim_job",
    "TRUNCATE TABLE dim_job", "MERGE INTO dim_job USING dim_job AS s ON true WHEN MATCHED THEN DELETE", "CREATE TABLE x (a INT)",
    "CREATE OR REPLACE TABLE dim_job AS SELECT 1 AS a", "CREATE VIEW x AS SELECT 1", "CREATE TEMPORARY VIEW x AS SELECT 1", "CREATE SCHEMA x",
    "CREATE FUNCTION x() RETURNS INT RETURN 1", "CREATE MACRO x() AS 1", "CREATE SECRET x (TYPE s3)", "CREATE CATALOG x", "CREATE INDEX i ON dim_job (job_id)",
    "DROP TABLE dim_job", "DROP SCHEMA system_gold CASCADE", "DROP VIEW x", "DROP FUNCTION x", "ALTER TABLE dim_job ADD COLUMN x INT",
    "COMMENT ON TABLE dim_job IS 'x'", "COPY dim_job TO '/tmp/secchi-attack.csv'", "COPY dim_job FROM '/etc/passwd'", "COPY INTO dim_job FROM '/tmp'",
    "EXPORT DATABASE '/tmp/secchi-attack'", "IMPORT DATABASE '/tmp/secchi-attack'", "ATTACH '/tmp/x.db' AS x", "DETACH warehouse", "USE system_bronze", "INSTALL httpfs", "LOAD httpfs",
    "SET memory_limit = '1TB'", "SET VARIABLE x = 1", "RESET memory_limit", "PRAGMA database_list", "PRAGMA enable_profiling", "CALL checkpoint()",
    "CHECKPOINT", "FORCE CHECKPOINT", "VACUUM", "ANALYZE dim_job", "OPTIMIZE dim_job", "BEGIN", "BEGIN TRANSACTION", "COMMIT", "ROLLBACK", "PREPARE p AS SELECT 1",
    "EXECUTE p", "EXECUTE IMMEDIATE 'DROP TABLE dim_job'", "DEALLOCATE p", "DECLARE x INT", "GRANT SELECT ON dim_job TO x", "REVOKE SELECT ON dim_job FROM x", "CACHE TABLE dim_job",
    "REFRESH TABLE dim_job", "MSCK REPAIR TABLE dim_job", "EXPLAIN ANALYZE DELETE FROM dim_job", "RESTORE TABLE dim_job TO VERSION AS OF 1", "KILL 1",
    "SELECT 1; DROP TABLE dim_job", "SELECT 1;;SELECT 2", "SELECT 1 /* ; */; DELETE FROM dim_job --", "WITH x AS (DELETE FROM dim_job RETURNING *) SELECT * FROM x",
    "SELECT * FROM (INSERT INTO dim_job SELECT 1)", "SELECT 1 INTO OUTFILE '/tmp/secchi-attack'", "SELECT * INTO x FROM dim_job",
    "SELECT * FROM dim_job FOR UPDATE", "SELECT * FROM dim_job VERSION AS OF 1", "SELECT $$; DROP TABLE dim_job; $$ FROM", "", ";", "--", "/*", "'",
    "SELECT 'a", "SELECT `a", "SELECT (((((1", "SELECT \x00", "\ufeff\u200bSELECT FROM",
]
PLACES = [  # where a relation may hide
    "SELECT * FROM {0}",
    "WITH a AS (SELECT * FROM {0}) SELECT * FROM a",
    "SELECT (SELECT COUNT(*) FROM {0}) AS n",
    "SELECT 1 AS n FROM dim_job WHERE EXISTS (SELECT 1 FROM {0})",
    "SELECT job_id FROM dim_job UNION ALL SELECT 'x' FROM {0}",
    "SELECT 1 AS n FROM dim_job AS j JOIN {0} AS x ON true",
    "SELECT/**/1/**/AS/**/n/**/FROM/*x*/{0}",
    "VALUES ((SELECT MAX(1) FROM {0}))",
    "SELECT 1 AS n FROM dim_job ORDER BY (SELECT 1 FROM {0} LIMIT 1)",
]
HIDDEN = [  # where a value may hide
    "SELECT {0} AS x",
    "SELECT CASE WHEN {0} IS NULL THEN 1 END AS x FROM dim_job",
    "SELECT transform(array(1), x -> {0}) AS x",
    "SELECT job_id FROM dim_job GROUP BY job_id HAVING MAX({0}) IS NOT NULL",
    "SELECT ROW_NUMBER() OVER (ORDER BY {0}) AS x FROM dim_job",
]


def attacks():
    yield from STATEMENTS
    for i, relation in enumerate(RELATIONS):  # each in two places, all places in turn
        for place in (PLACES[0], PLACES[1 + i % (len(PLACES) - 1)]):
            yield place.format(relation)
    for value, place in itertools.product(VALUES, HIDDEN):
        yield place.format(value)


ATTACKS = list(attacks())


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    home = new_home(tmp_path_factory.mktemp("gate") / "home")
    home.good("setup", "--source", EVENT_LOGS / "connect")
    reader = home.good("token", "create", "ann", "--role", "reader").stdout.strip()
    server = Server(home)
    yield home, server, {"Authorization": f"Bearer {reader}"}
    server.stop()


def content(server):
    """All that may not change: definitions and rows of a table, as the API tells them."""
    told = server.query("SELECT COUNT(*) AS n, MAX(change_time) AS t FROM dim_job").json["rows"]
    return told, hashlib.sha256(server.get("/api/v1/tables").body).hexdigest()


def test_there_are_attacks_enough():
    assert len(set(ATTACKS)) >= 150


@pytest.mark.parametrize("who", ["reader", "administrator"])
def test_attacks_are_refused(served, who):
    _, server, token = served
    before, let_through = content(server), []
    for sql in ATTACKS:
        told = server.ask("POST", "/api/v1/query", {"sql": sql}, headers=token if who == "reader" else None)
        if told.status not in (400, 403, 404, 422):
            let_through.append((sql, told.status, told.body[:120]))
        else:
            text = told.error["message"] if "message" in told.error else told.error["what"]
            assert text and "\n" not in text, sql
    assert not let_through, let_through
    assert content(server) == before


def test_the_books_are_for_administrators(served):
    _, server, token = served
    for table in ("secchi_ops.run", "secchi_ops.catalogue_routine", "secchi_quarantine.audit"):
        for place in PLACES:
            told = server.ask("POST", "/api/v1/query", {"sql": place.format(table)}, headers=token)
            assert told.status == 403, (table, place, told.body)


def test_good_questions_pass(served):
    _, server, token = served
    for sql in ("SELECT COUNT(*) AS n FROM dim_job", "WITH a AS (SELECT 1 AS n) SELECT n FROM a", "SELECT table_name FROM information_schema.tables",
                "SELECT MEASURE(total_queries) AS n FROM query_performance", "SELECT * FROM get_failed_jobs('2020-01-01', '2030-01-01')",
                "SELECT 'DROP TABLE dim_job; --' AS text", "SELECT job_id AS `delete` FROM dim_job -- insert into x"):
        told = server.ask("POST", "/api/v1/query", {"sql": sql}, headers=token)
        assert told.status == 200, (sql, told.body)
