"""The peer of bench_year: what an engineer who knows DuckDB would write for bronze, all tables alike.

For every table of the pack: its Parquet files in the types of the table, rows that fail a check of criticality error set aside, all
checks counted, of rows delivered twice the later one by file and row; into an empty table by INSERT, else by MERGE. All cores, the
default memory limit, one transaction a table. Columns, keys and checks come from the pack, the statements are the same for all.
    peer_year.py INPUT DATABASE
"""
import collections
import pathlib
import re
import sys

import duckdb
import yaml

BRONZE = pathlib.Path(__file__).resolve().parent.parent / "packs/health/bronze"
Table = collections.namedtuple("Table", "name folder columns key checks")

# The files are read again where they are needed: keeping their rows in a table costs more than that.
STAGE = """
CREATE TEMP VIEW staged AS
SELECT {columns}, filename, file_row_number AS seq
FROM read_parquet('{input}/{folder}/*.parquet', filename = true, file_row_number = true, union_by_name = true)
"""

# Rows delivered once pass as they are; only keys that stand twice are ordered.
DEDUPE = """
CREATE TEMP TABLE doubled AS SELECT {key} FROM staged WHERE {good} GROUP BY {key} HAVING count(*) > 1;
CREATE TEMP VIEW fresh AS
SELECT s.* FROM staged AS s WHERE {good} AND NOT EXISTS (SELECT 1 FROM doubled AS d WHERE {same})
UNION ALL BY NAME
(SELECT s.* FROM staged AS s SEMI JOIN doubled AS d ON {same} WHERE {good} QUALIFY row_number() OVER (PARTITION BY {keys} ORDER BY filename DESC, seq DESC) = 1);
"""

# Nothing was delivered twice: the common case.
PLAIN = "CREATE OR REPLACE TEMP VIEW fresh AS SELECT s.* FROM staged AS s WHERE {good}"
CHECKS = "CREATE TABLE IF NOT EXISTS check_result (table_name VARCHAR, checked BIGINT, failed BIGINT[])"


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
    """Bronze: a first load inserts, a later one merges."""
    files = sorted(pathlib.Path(source, t.folder).glob("*.parquet"))
    types = ", ".join(f'"{n}" {k}' for n, k in t.columns)
    for table in (t.name, f"quarantine_{t.name}"):
        con.execute(f'CREATE TABLE IF NOT EXISTS "{table}" ({types}, filename VARCHAR, seq BIGINT)')
    if not files:
        return
    there = {c[0] for c in con.execute(f"DESCRIBE FROM read_parquet('{source}/{t.folder}/*.parquet', union_by_name = true)").fetchall()}
    columns = ", ".join(f'CAST({chr(34) + n + chr(34) if n in there else "NULL"} AS {k}) AS "{n}"' for n, k in t.columns)
    con.execute(STAGE.format(columns=columns, input=source, folder=t.folder))
    good = " AND ".join(predicate(c) for c in t.checks if c["criticality"] == "error") or "TRUE"
    failed = ", ".join(f"count_if(NOT {predicate(c)})" for c in t.checks)
    rejected = con.execute(f"SELECT count_if(NOT ({good})) FROM staged").fetchone()[0] if not t.checks else con.execute(
        f"INSERT INTO check_result SELECT '{t.name}', count(*), [{failed}] FROM staged; SELECT sum(x) FROM (SELECT unnest(failed) AS x FROM check_result WHERE table_name = '{t.name}')"
    ).fetchone()[0]
    if rejected:
        con.execute(f'INSERT INTO "quarantine_{t.name}" BY NAME SELECT * FROM staged WHERE NOT ({good})')
    con.execute(PLAIN.format(good=good))
    same = " AND ".join(f"s.{k} IS NOT DISTINCT FROM d.{k}" for k in t.key)
    if t.key:
        con.execute("DROP VIEW fresh")
        con.execute(DEDUPE.format(key=", ".join(t.key), good=good, keys=", ".join("s." + k for k in t.key), same=same))
        if con.execute("SELECT count(*) FROM doubled").fetchone()[0] == 0:
            con.execute(PLAIN.format(good=good))
    if not t.key or con.execute(f'SELECT count(*) FROM (FROM "{t.name}" LIMIT 1)').fetchone()[0] == 0:
        con.execute(f'INSERT INTO "{t.name}" BY NAME FROM fresh')
    else:
        con.execute(
            f'MERGE INTO "{t.name}" AS t USING fresh AS s ON {" AND ".join(f"t.{k} IS NOT DISTINCT FROM s.{k}" for k in t.key)} '
            "WHEN MATCHED AND (s.filename, s.seq) >= (t.filename, t.seq) THEN UPDATE BY NAME WHEN NOT MATCHED THEN INSERT BY NAME"
        )
    con.execute("DROP VIEW fresh; DROP TABLE IF EXISTS doubled; DROP VIEW staged")


def main():
    source, target = sys.argv[1:3]
    con = duckdb.connect(target)
    con.execute("SET TimeZone = 'UTC'; SET preserve_insertion_order = false")
    con.execute(CHECKS)
    for table in tables():
        con.execute("BEGIN")
        load(con, source, table)
        con.execute("COMMIT")
    con.close()


if __name__ == "__main__":
    main()
