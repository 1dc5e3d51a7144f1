"""Random lakes: rows of every bronze table of the pack, shaped by its DDL, delivered in files that come late, again, corrected or drifting."""

import base64
import datetime as dt
import decimal
import json
import re

import pyarrow as pa
import pyarrow.parquet as pq
from build_kit import PACKS

EPOCH = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)
DAYS = 24
# What a column may say where the content looks at it; everything else is drawn by type and name.
WORDS = {
    "result_state": ["SUCCEEDED", "SUCCESS", "FAILED", "CANCELED", "TIMED_OUT", None],
    "termination_code": ["SUCCESS", "RUN_EXECUTION_ERROR", None],
    "record_type": ["ORIGINAL", "ORIGINAL", "RETRACTION", "RESTATEMENT"],
    "cloud": ["AWS", "AZURE"],
    "currency_code": ["USD", "EUR"],
    "usage_unit": ["DBU", "GB"],
    "sku_name": ["JOBS", "SQL", "ALL_PURPOSE"],
    "event_type": ["STARTING", "RUNNING", "SCALED_UP", "STOPPING", "STOPPED"],
    "execution_status": ["FINISHED", "FAILED", "CANCELED", "RUNNING"],
    "status_code": [200, 400, 500, None],
    "audit_level": ["ACCOUNT_LEVEL", "WORKSPACE_LEVEL"],
    "service_name": ["jobs", "accounts", "unityCatalog"],
    "action_name": ["login", "createTable", "runNow"],
}
TEXTS = ["a", "b", "c", "", "ä ☃", 'quote " and \\ back', None]


# ---- DDL ---------------------------------------------------------------------------------------------------------


def split(text):
    """At commas outside of brackets and quotes."""
    parts, depth, quoted, begin = [], 0, False, 0
    for i, c in enumerate(text):
        quoted ^= c == "'"
        depth += (c in "(<") - (c in ")>") if not quoted else 0
        if c == "," and depth == 0 and not quoted:
            parts.append(text[begin:i])
            begin = i + 1
    return [p.strip() for p in [*parts, text[begin:]] if p.strip()]


def without_comment(text):
    return re.sub(r"\s+COMMENT\s+'(?:[^'\\]|\\.|'')*'", "", text).strip()


def arrow_type(text):
    text = text.strip()
    head, inner = text.split("<")[0].split("(")[0].strip().upper(), text[text.find("<") + 1 : text.rfind(">")] if "<" in text else ""
    if head == "ARRAY":
        return pa.list_(arrow_type(inner))
    if head == "MAP":
        key, value = split(inner)
        return pa.map_(arrow_type(key), arrow_type(value))
    if head == "STRUCT":
        fields = [f.split(":", 1) for f in split(inner)]
        return pa.struct([(name.strip().strip("`"), arrow_type(t)) for name, t in fields])
    if head == "DECIMAL":
        return pa.decimal128(*map(int, re.search(r"\((\d+),\s*(\d+)\)", text).groups()))
    return {
        "STRING": pa.string(),
        "BIGINT": pa.int64(),
        "INT": pa.int32(),
        "SMALLINT": pa.int16(),
        "TINYINT": pa.int8(),
        "DOUBLE": pa.float64(),
        "FLOAT": pa.float32(),
        "BOOLEAN": pa.bool_(),
        "BINARY": pa.binary(),
        "DATE": pa.date32(),
        "TIMESTAMP": pa.timestamp("us", "UTC"),
    }[head]


class Table:
    def __init__(self, path):
        text = re.sub(r"--[^\n]*", "", path.read_text())
        body = text[text.index("(", text.index("CREATE TABLE")) + 1 : re.search(r"\)\s*USING DELTA", text).start()]
        self.name, self.types, self.keys = path.stem, {}, []
        for part in split(body):
            key = re.search(r"PRIMARY KEY\s*\(([^)]*)\)", part)
            if key:
                self.keys = [k.strip().strip("`") for k in key[1].split(",")]
            if part.upper().startswith("CONSTRAINT") or part.startswith("bronze_"):
                continue
            name, rest = without_comment(part).split(None, 1)
            self.types[name.strip("`")] = arrow_type(re.sub(r"\s+NOT NULL$", "", without_comment(rest)))
        prop = dict(re.findall(r"'([\w.]+)'\s*=\s*'([^']*)'", text))
        self.folder = prop["secchi.system_table"].removeprefix("system.").replace(".", "/", 1)
        self.event_time = prop.get("secchi.event_time")


def tables():
    return [Table(p) for p in sorted(PACKS.glob("bronze/*.sql"))]


# ---- values --------------------------------------------------------------------------------------------------------


def moment(rng, hours=1):
    return EPOCH + dt.timedelta(hours=rng.randrange(0, DAYS * 24, hours))


def value(rng, name, t, key=False):
    if name in WORDS and not pa.types.is_nested(t):
        return rng.choice(WORDS[name])
    if not key and rng.random() < 0.15:
        return None
    if pa.types.is_timestamp(t):
        return moment(rng, 6 if key else 1)
    if pa.types.is_date(t):
        return moment(rng).date()
    if pa.types.is_boolean(t):
        return rng.random() < 0.5
    if pa.types.is_integer(t):
        return rng.randrange(100)
    if pa.types.is_floating(t):
        return rng.randrange(1000) / 8
    if pa.types.is_binary(t):
        return bytes([97 + rng.randrange(26)])
    if pa.types.is_decimal(t):
        return decimal.Decimal(rng.randrange(1, 10**6)).scaleb(-min(3, t.scale))
    if pa.types.is_struct(t):
        return {f.name: value(rng, f.name, f.type) for f in t}
    if pa.types.is_map(t):
        return [(k, value(rng, "map_value", t.item_type)) for k in ["k", "team"][: rng.randrange(3)]]
    if pa.types.is_list(t):
        return [value(rng, "item", t.value_type) for _ in range(rng.randrange(3))]
    if key or name.endswith(("_id", "_name", "_by", "email")):
        return f"{name[:2]}{rng.randrange(2 if name in ('workspace_id', 'account_id') else 4)}"
    return rng.choice(TEXTS)


def row_of(rng, table):
    return {n: value(rng, n, t, n in table.keys) for n, t in table.types.items()}


def rows_of(rng, table, count):
    """New rows, the same again, corrected ones, some with a null in their key."""
    rows = []
    for _ in range(count):
        kind = rng.random()
        if rows and kind < 0.3:
            old, new = rng.choice(rows), row_of(rng, table)
            again = kind < 0.1
            rows.append({n: old[n] if again or n in table.keys or rng.random() < 0.5 else new[n] for n in table.types})
        else:
            rows.append(row_of(rng, table))
            if kind > 0.95:
                rows[-1][rng.choice(table.keys)] = None
    rng.shuffle(rows)
    return rows


# ---- files -----------------------------------------------------------------------------------------------------------


def json_value(v, t):
    if v is None:
        return None
    if pa.types.is_map(t):
        return {k: json_value(x, t.item_type) for k, x in v}
    if pa.types.is_struct(t):
        return {f.name: json_value(v[f.name], f.type) for f in t if v[f.name] is not None}
    if pa.types.is_list(t):
        return [json_value(x, t.value_type) for x in v]
    if isinstance(v, (dt.datetime, dt.date)):
        return v.isoformat()
    if isinstance(v, bytes):
        return base64.b64encode(v).decode()
    return str(v) if isinstance(v, decimal.Decimal) else v


class File:
    """One delivery: name, rows, and how it drifts from the table's shape."""

    def __init__(self, rng, table, number, rows, format):
        self.table, self.rows, self.format = table, rows, format
        self.name = f"{table.folder}/f{number:02d}.{self.format}"
        self.types = dict(table.types)
        optional = [n for n in table.types if n not in table.keys and n != table.event_time]
        drift = rng.random()
        if drift < 0.1 and optional:
            self.types.pop(rng.choice(optional))
        elif drift < 0.2:
            self.types["delivered_by"] = pa.string()
            for r in rows:
                r["delivered_by"] = rng.choice(TEXTS)
        elif drift < 0.3 and self.format != "parquet":
            whole = [n for n in optional if pa.types.is_integer(table.types[n])]
            for r in rows if whole else []:  # some values do not fit, their rows go to quarantine
                r[whole[0]] = rng.choice([None, "7", "soon"])

    def lines(self):
        if self.format == "jsonl":
            names = self.types
            return [
                json.dumps(
                    {n: r[n] if isinstance(r[n], str) else json_value(r[n], names[n]) for n in names if r[n] is not None}, ensure_ascii=False
                )
                + "\n"
                for r in self.rows
            ]
        return [",".join(self.types) + "\n", *(",".join(self.field(r[n], t) for n, t in self.types.items()) + "\n" for r in self.rows)]

    @staticmethod
    def field(v, t):
        if v is None:
            return ""
        if not isinstance(v, str):
            v = json_value(v, t)
        text = json.dumps(v, ensure_ascii=False) if isinstance(v, (dict, list, bool)) else v
        return '"' + text.replace('"', '""') + '"' if isinstance(text, str) else str(text)

    def write(self, root, upto=None):
        path = root / self.name
        path.parent.mkdir(parents=True, exist_ok=True)
        if self.format == "parquet":
            pq.write_table(pa.table({n: pa.array([r[n] for r in self.rows], t) for n, t in self.types.items()}), path)
        else:
            path.write_text("".join(self.lines()[:upto]), encoding="utf-8")


def lake(rng, rows=18, files=4, mixed=True):
    """Files of every table, in the order of their names: what is delivered later wins. Unless mixed, those of one table are alike in format,
    which makes fewer loads of them."""
    made, formats = [], ["parquet", "jsonl", "csv"]
    for table in tables():
        alike = rng.choice(formats)
        waiting = rows_of(rng, table, rng.randrange(rows // 2, rows))
        for number in range(files):
            count = len(waiting) // (files - number)
            part, waiting = waiting[:count], waiting[count:]
            if part:
                made.append(File(rng, table, number, part, rng.choice(formats) if mixed else alike))
    return made
