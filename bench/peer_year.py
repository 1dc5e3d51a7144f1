"""The peer of bench_year: what an engineer who knows DuckDB would write for bronze and gold, in DuckDB's own SQL.

Bronze, all tables alike (peer_year/bronze.sql): Parquet files in the types of the table, all checks counted, rows that fail a check of
criticality error set aside, of rows delivered twice the later one by file and row. Columns, keys and checks come from the pack. Gold
(peer_year/gold/*.sql): each table made at once from bronze. It is a first load: nothing can match, so INSERT and CREATE TABLE AS do
what MERGE would, in less time. All cores, one transaction a bronze table and one for gold.
    peer_year.py INPUT DATABASE MEMORY_LIMIT
"""
import collections
import pathlib
import re
import sys
import time

import duckdb
import yaml

HERE = pathlib.Path(__file__).resolve().parent
BRONZE = HERE.parent / "packs/health/bronze"
GOLD = HERE / "peer_year/gold"
SQL = dict(re.findall(r"^-- @name (\w+)\n(.*?)(?=^-- @name|\Z)", (HERE / "peer_year/bronze.sql").read_text(), re.S | re.M))
Table = collections.namedtuple("Table", "name folder columns key checks")

# JSON as Databricks writes it: fields of structs that are null are left out, times are ISO 8601.
PREPARE = """
SET TimeZone = 'UTC';
SET preserve_insertion_order = false;
SET parquet_metadata_cache = true;
SET default_null_order = 'nulls_first_on_asc_last_on_desc';
CREATE SCHEMA bronze;
CREATE SCHEMA quarantine;
CREATE SCHEMA gold;
CREATE TABLE check_result (table_name VARCHAR, checked BIGINT, rejected BIGINT, failed BIGINT[]);
CREATE MACRO json_of(x) AS json_merge_patch('{}', to_json(x))::VARCHAR;
CREATE MACRO json_list_of(l) AS to_json(list_transform(l, lambda x: json_merge_patch('{}', to_json(x))))::VARCHAR;
CREATE MACRO json_time(t) AS strftime(t, '%Y-%m-%dT%H:%M:%S.%gZ');
"""


def split_fields(text):
    """At commas outside of brackets and quotes."""
    parts, depth, quoted, begin = [], 0, False, 0
    for i, c in enumerate(text):
        quoted ^= c == "'"
        depth += 0 if quoted else (c in "(<") - (c in ")>")
        if c == "," and depth == 0 and not quoted:
            parts.append(text[begin:i])
            begin = i + 1
    return [p.strip() for p in [*parts, text[begin:]] if p.strip()]


def duckdb_type(text):
    text = text.strip()
    head = re.match(r"\w+", text)[0].upper()
    inner = text[text.find("<") + 1 : text.rfind(">")] if "<" in text else ""
    if head == "ARRAY":
        return duckdb_type(inner) + "[]"
    if head == "MAP":
        return f"MAP({', '.join(map(duckdb_type, split_fields(inner)))})"
    if head == "STRUCT":
        fields = (f.split(":", 1) for f in split_fields(inner))
        return f"STRUCT({', '.join(chr(34) + n.strip().strip('`') + chr(34) + ' ' + duckdb_type(t) for n, t in fields)})"
    return {"STRING": "VARCHAR", "INT": "INTEGER", "BINARY": "BLOB"}.get(head, text)


def predicate(check):
    """What holds for a row that passes."""
    function, arguments = check["check"]["function"], check["check"]["arguments"]
    passes = {"is_not_null": "{column} IS NOT NULL", "is_not_less_than": "{column} >= {limit}"}[function].format(**arguments)
    return f"(coalesce({passes}, TRUE) OR NOT coalesce({check['filter']}, FALSE))" if "filter" in check else f"coalesce({passes}, TRUE)"


def table_of(file):
    text = file.read_text()
    body = text[text.index("(", text.index("CREATE TABLE")) + 1 : text.index("\n)\nUSING")]
    body = re.sub(r"\s+COMMENT\s+'(?:[^'\\]|\\.|'')*'", "", body)
    fields = [re.match(r"`?(\w+)`?\s+(.*)", f, re.S).groups() for f in split_fields(body)]
    columns = [(n, duckdb_type(t)) for n, t in fields if n != "CONSTRAINT" and not n.startswith("bronze_")]
    key = re.search(r"PRIMARY KEY \(([^)]*)\)", body)
    checks = BRONZE / "checks" / f"{file.stem}.yaml"
    folder = re.search(r"'secchi.system_table' = 'system\.(\w+)\.(\w+)'", text)
    return Table(file.stem, "/".join(folder.groups()), columns, key[1].replace("`", "").split(", ") if key else [],
                 yaml.safe_load(checks.read_text()) if checks.exists() else [])


def tables():
    return [table_of(f) for f in sorted(BRONZE.glob("*.sql"))]


def load(con, source, t):
    """One bronze table."""
    types = ", ".join(f'"{n}" {k}' for n, k in t.columns)
    for schema in ("bronze", "quarantine"):
        con.execute(f"CREATE TABLE {schema}.{t.name} ({types}, filename VARCHAR, seq BIGINT)")
    if not any(pathlib.Path(source, t.folder).glob("*.parquet")):
        return
    there = {c[0] for c in con.execute(f"DESCRIBE FROM read_parquet('{source}/{t.folder}/*.parquet', union_by_name = true)").fetchall()}
    names = {
        "table": t.name, "input": source, "folder": t.folder, "key": ", ".join(t.key), "keys": ", ".join("s." + k for k in t.key),
        "columns": ", ".join(f'CAST({chr(34) + n + chr(34) if n in there else "NULL"} AS {k}) AS "{n}"' for n, k in t.columns),
        "good": " AND ".join(predicate(c) for c in t.checks if c["criticality"] == "error") or "TRUE",
        "failed": ", ".join(f"count_if(NOT {predicate(c)})" for c in t.checks),
        "same": " AND ".join(f"s.{k} IS NOT DISTINCT FROM d.{k}" for k in t.key),
    }
    con.execute(SQL["staged"].format(**names))
    con.execute(SQL["check"].format(**names))
    if con.execute("SELECT rejected FROM check_result WHERE table_name = ?", [t.name]).fetchone()[0]:
        con.execute(SQL["quarantine"].format(**names))
    doubled = bool(t.key) and con.execute(SQL["doubled"].format(**names)).fetchone()[0] > 0
    con.execute(SQL["newest" if doubled else "once"].format(**names))
    con.execute(SQL["insert"].format(**names))


def gold_files():
    """dim_sku reads other gold tables."""
    return sorted(GOLD.glob("*.sql"), key=lambda f: (f.stem == "dim_sku", f.stem))


def timed(name, work):
    start = time.monotonic()
    work()
    print(f"{time.monotonic() - start:8.2f} s  {name}")


def main():
    source, target, memory_limit = sys.argv[1:4]
    con = duckdb.connect(target, config={"memory_limit": memory_limit, "storage_compatibility_version": "latest"})
    con.execute(PREPARE)
    for table in tables():
        con.execute("BEGIN")
        timed(f"bronze {table.name}", lambda: load(con, source, table))
        con.execute("COMMIT")
    con.execute("BEGIN")
    for file in gold_files():
        timed(f"gold {file.stem}", lambda: con.execute(file.read_text()))
    con.execute("COMMIT")
    con.close()


if __name__ == "__main__":
    main()
