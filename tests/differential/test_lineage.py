"""Lineage of every gold table and function of the packs beside that of sqlglot, which reads the same statements by itself.

sqlglot knows columns, not fields, and tells what values are made of, not what decides rows: so the direct sources are compared, each as table and
column. Where the two differ for a good reason it stands in APART with that reason; anything else fails, and so does a reason that no longer holds.
"""
import re

import pytest
import sqlglot
from sqlglot import exp
from sqlglot.lineage import lineage
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import build_scope

from spark_kit import ROOT, new_home
from server_kit import Server

WINDOW = "sqlglot does not follow OVER (window ..) to its WINDOW clause"
PARAMETER = "sqlglot takes a parameter of the function for a column of the table"
# object -> column -> why the answers differ
APART = {
    "get_cost_anomalies": dict.fromkeys(["avg_cost_7d", "std_cost_7d", "z_score", "anomaly_type"], WINDOW),
    "get_cost_by_tag": {"tag_value": PARAMETER},
    "get_table_activity_status": dict.fromkeys(
        ["read_count", "write_count", "total_access_count", "unique_readers", "unique_writers", "activity_status", "recommendation"], PARAMETER
    ),
}


@pytest.fixture(scope="module")
def objects(tmp_path_factory):
    server = Server(new_home(tmp_path_factory.mktemp("lineage") / "home"))
    try:
        tables = [t for t in server.get("/api/v1/tables").json["tables"] if t["layer"] != "landing"]
        found = {(t["schema"], t["name"]): server.get(f"/api/v1/objects/{t['schema']}.{t['name']}").json for t in tables}
        for path in sorted((ROOT / "packs/health/functions").glob("*/*.sql")):
            found["function", path.stem] = server.get(f"/api/v1/objects/{path.stem}").json
        yield found
    finally:
        server.process.terminate()
        server.process.wait(30)


def schema_of(objects):
    """What sqlglot is told of columns: the types do not matter, but those of structs, whose fields are not columns."""
    tables = {}
    for (schema, name), o in objects.items():
        if schema != "function":
            tables.setdefault(schema, {})[name] = {c["name"]: re.sub(r"<.*", "", c["type"] or "STRING") for c in o["columns"]}
    return tables


def plain(sql):
    """Settings as literals; what sqlglot cannot read of ours otherwise."""
    sql = re.sub(r"\$\{(bronze|gold)_schema\}", r"system_\1", sql)
    return re.sub(r"'?\$\{[^}]*\}'?", "1", sql)


class Reader:
    def __init__(self, objects):
        self.schema = schema_of(objects)

    def columns(self, query):
        """Name -> sources of each column of a query."""
        whole = qualify(query.copy(), schema=self.schema, dialect="databricks", validate_qualify_columns=False)
        scope = build_scope(whole)
        found = lineage(None, whole, self.schema, dialect="databricks", scope=build_scope(whole), trim_selects=False)
        return [(name, self.leaves(node)) for name, node in found.items()]

    @staticmethod
    def leaves(node):
        found = set()
        for n in node.walk():
            if n.downstream or not isinstance(n.expression, exp.Table):
                continue
            call = n.expression.this if isinstance(n.expression.this, exp.Func) else None
            found.add(((call.name or call.sql_name()).lower() if call else n.expression.name.lower(), n.name.split(".")[-1].strip('`"').lower()))
        return found


def merged(reader, merge):
    """The columns that a MERGE writes: those of its source by the assignments of its clauses."""
    using, target = merge.args["using"], merge.this.alias_or_name
    alias = using.alias_or_name
    query = using.this if isinstance(using, exp.Subquery) else exp.select("*").from_(using.copy())
    source = dict(reader.columns(query))
    written = {}
    for when in merge.args["whens"].expressions:
        then = when.args.get("then")
        if isinstance(then, exp.Var) or then is None or isinstance(then, exp.Delete):
            continue
        if isinstance(then, exp.Update):
            pairs = [(e.this.name, e.expression) for e in then.expressions if isinstance(e, exp.EQ)]
            star = any(isinstance(e, exp.Star) for e in then.expressions)
        else:
            into, values = then.this, then.expression
            star = isinstance(into, exp.Star)
            pairs = [] if star else list(zip([c.name for c in into.expressions], values.expressions))
        if star:
            pairs = [(n, exp.column(n, alias)) for n in source]
        for name, value in pairs:
            found = written.setdefault(name.lower(), set())
            for column in value.find_all(exp.Column):
                if column.table == alias:
                    found |= source[column.name.lower()]
                elif column.table != target:
                    raise AssertionError(f"{column.sql()} is of neither side")
    return written


def of_statement(reader, sql):
    tree = sqlglot.parse_one(plain(sql), dialect="databricks")
    if isinstance(tree, exp.Merge):
        return merged(reader, tree)
    if isinstance(tree, exp.Insert):
        found = reader.columns(tree.expression)
        names = [c.name for c in tree.this.expressions] if isinstance(tree.this, exp.Schema) else [n for n, _ in found]
        return {n.lower(): s for n, (_, s) in zip(names, found)}
    if isinstance(tree, exp.Create):
        return {n.lower(): s for n, s in reader.columns(tree.expression)}
    return {}


def sqlglots(reader, o):
    found = {}
    if o["kind"] == "function":
        body = re.split(r"(?m)^\s*RETURN\b(?!S)", o["definition"][0]["text"], maxsplit=1)[1]
        query = sqlglot.parse_one(plain(body), dialect="databricks")
        return {c["name"].lower(): s for c, (_, s) in zip(o["columns"], reader.columns(query))}
    for part in o["definition"]:
        if part["what"] == "fill" or o["kind"] == "view":
            for name, sources in of_statement(reader, part["text"]).items():
                found.setdefault(name, set()).update(sources)
    return found


def ours(column):
    return {(s["name"].lower(), (s["column"] or "").lower()) for s in column["from"] if s["direct"]}


def differences(reader, o):
    theirs = sqlglots(reader, o)
    own = (o["name"].lower(),)
    for c in o["columns"]:
        want = {s for s in theirs.get(c["name"].lower(), set()) if s[0] not in own}
        if want != ours(c):
            yield c["name"], want - ours(c), ours(c) - want


def test_direct_sources_are_those_that_sqlglot_finds(objects):
    reader, faults, compared = Reader(objects), [], 0
    for (schema, name), o in objects.items():
        if schema == "system_bronze":
            continue
        assert o["fault"] is None, f"{name}: {o['fault']}"
        apart = {column: (more, less) for column, more, less in differences(reader, o)}
        known = APART.get(name, {})
        compared += len(o["columns"])
        faults += [f"{name}.{c}: sqlglot alone {sorted(m)}, secchi alone {sorted(n)}" for c, (m, n) in apart.items() if c not in known]
        faults += [f"{name}.{c}: stands in APART but the answers agree" for c in known if c not in apart]
    assert not faults, "\n".join(faults)
    assert compared > 1200
