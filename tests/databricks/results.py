"""Results of the Statement Execution API: the manifest's columns, chunks, and each chunk as JSON_ARRAY, CSV or an Arrow stream."""
import base64
import csv
import datetime
import decimal
import io
import json
import math

import pyarrow
import pyarrow.ipc

TYPES = {"byte": ("BYTE", "TINYINT"), "short": ("SHORT", "SMALLINT"), "integer": ("INT", "INT"), "long": ("LONG", "BIGINT"), "float": ("FLOAT", "FLOAT"),
         "double": ("DOUBLE", "DOUBLE"), "boolean": ("BOOLEAN", "BOOLEAN"), "string": ("STRING", "STRING"), "binary": ("BINARY", "BINARY"), "date": ("DATE", "DATE"),
         "timestamp": ("TIMESTAMP", "TIMESTAMP"), "timestamp_ntz": ("TIMESTAMP", "TIMESTAMP_NTZ"), "void": ("NULL", "VOID")}


def type_of(spark):
    """(type_name, type_text) of Spark's JSON form of a type."""
    if isinstance(spark, dict):
        kind = spark["type"]
        if kind == "array":
            return "ARRAY", f"ARRAY<{type_of(spark['elementType'])[1]}>"
        if kind == "map":
            return "MAP", f"MAP<{type_of(spark['keyType'])[1]}, {type_of(spark['valueType'])[1]}>"
        fields = [f"{f['name']}: {type_of(f['type'])[1]}" + ("" if f["nullable"] else " NOT NULL") for f in spark["fields"]]
        return "STRUCT", f"STRUCT<{', '.join(fields)}>"
    if spark in TYPES:
        return TYPES[spark]
    for prefix, name in (("decimal", "DECIMAL"), ("varchar", "STRING"), ("char", "CHAR"), ("interval", "INTERVAL")):
        if spark.startswith(prefix):
            return name, spark.upper()
    raise ValueError(f"a type without a name in the API: {spark}")


def column_info(column, position):
    name, text = type_of(column["json"])
    info = {"name": column["name"], "type_text": text, "type_name": name, "position": position}
    if name == "DECIMAL":
        precision, scale = text[len("DECIMAL("):-1].split(",")
        info.update(type_precision=int(precision), type_scale=int(scale))
    if name == "INTERVAL":
        info["type_interval_type"] = text[len("INTERVAL "):]
    return info


def double_text(value):
    """As Java writes a double."""
    if math.isnan(value) or math.isinf(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(value) if "e" not in repr(value) else f"{decimal.Decimal(repr(value)):f}"
    mantissa, exponent = f"{decimal.Decimal(repr(value)):e}".lower().split("e")
    digits = mantissa.rstrip("0") if "." in mantissa else mantissa + ".0"
    return f"{digits}{'0' if digits.endswith('.') else ''}E{int(exponent)}"


def time_text(value):
    fraction = f"{value.microsecond // 1000:03}" if value.microsecond % 1000 == 0 else f"{value.microsecond:06}"
    return value.strftime("%Y-%m-%dT%H:%M:%S.") + fraction + ("Z" if value.tzinfo else "")


def text_of(value, kind):
    """The string form of one value; kind is its Arrow type."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return double_text(value)
    if isinstance(value, datetime.datetime):
        return time_text(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, decimal.Decimal):
        return f"{value:f}"
    if pyarrow.types.is_nested(kind):
        return json.dumps(nested(value, kind), ensure_ascii=False, separators=(",", ":"))
    return str(value)


def nested(value, kind):
    """JSON of a nested value, whose leaves are strings as the cells are."""
    if value is None:
        return None
    if pyarrow.types.is_map(kind):
        return {text_of(k, kind.key_type): nested(v, kind.item_type) for k, v in value}
    if pyarrow.types.is_list(kind) or pyarrow.types.is_large_list(kind):
        return [nested(v, kind.value_type) for v in value]
    if pyarrow.types.is_struct(kind):
        return {f.name: nested(value[f.name], f.type) for f in kind}
    return text_of(value, kind)


def rows_of(table):
    columns = [[text_of(v, c.type) for v in c.to_pylist()] for c in table.columns]
    return [list(row) for row in zip(*columns)]


class Result:
    """A whole result and how it is handed out."""

    def __init__(self, columns, path, chunk_rows, row_limit, byte_limit):
        with pyarrow.ipc.open_stream(path) as reader:
            table = reader.read_all()
        whole = table.num_rows
        if row_limit is not None:
            table = table.slice(0, row_limit)
        while byte_limit is not None and table.num_rows and table.nbytes > byte_limit:
            table = table.slice(0, table.num_rows * 9 // 10)
        self.table, self.truncated = table, table.num_rows < whole
        self.columns = [column_info(c, i) for i, c in enumerate(columns)]
        self.chunks = [table.slice(i, chunk_rows) for i in range(0, table.num_rows, chunk_rows)]
        self.chunk_rows = chunk_rows

    def bytes_of(self, index, form):
        chunk = self.chunks[index]
        if form == "JSON_ARRAY":
            return json.dumps(rows_of(chunk), ensure_ascii=False, separators=(",", ":")).encode()
        if form == "CSV":
            out = io.StringIO()
            writer = csv.writer(out, lineterminator="\n")
            if index == 0:
                writer.writerow([c["name"] for c in self.columns])
            writer.writerows([["null" if v is None else v for v in row] for row in rows_of(chunk)])
            return out.getvalue().encode()
        sink = pyarrow.BufferOutputStream()
        with pyarrow.ipc.new_stream(sink, chunk.schema) as out:
            out.write_table(chunk)
        return sink.getvalue().to_pybytes()

    def place(self, index):
        """The fields that every description of a chunk has."""
        return {"chunk_index": index, "row_offset": index * self.chunk_rows, "row_count": self.chunks[index].num_rows}

    def manifest(self, disposition, form):
        chunks = [self.place(i) for i in range(len(self.chunks))]
        told = {"format": form, "schema": {"column_count": len(self.columns), "columns": self.columns}, "total_chunk_count": len(chunks),
                "chunks": chunks, "total_row_count": self.table.num_rows, "truncated": self.truncated}
        if disposition == "EXTERNAL_LINKS":
            for i, chunk in enumerate(chunks):
                chunk["byte_count"] = len(self.bytes_of(i, form))
            told["total_byte_count"] = sum(c["byte_count"] for c in chunks)
        return told
