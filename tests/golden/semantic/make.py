#!/usr/bin/env python3
"""Makes the golden cases of result writers: <case>.arrow (input, Arrow IPC stream) and the bytes that each format must give.

The expected bytes come from the plain Python below, written from C-06 and RFC 4180; it shares nothing with the program.
"""

import base64
import datetime as dt
import decimal
import json
import math
import pathlib
import struct
import unicodedata

import pyarrow as pa
import pyarrow.ipc

HERE = pathlib.Path(__file__).parent
UTC = dt.timezone.utc
EPOCH = dt.datetime(1970, 1, 1)


# ---- values -----------------------------------------------------------------------------------------------------


def number_text(value, narrow=False):
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    for digits in range(6 if narrow else 15, 18):
        text = f"{value:.{digits}g}"
        back = struct.unpack("f", struct.pack("f", float(text)))[0] if narrow else float(text)
        if back == value:
            break
    return text if "." in text or "e" in text else text + ".0"


def time_text(t):
    text = f"{t.hour:02}:{t.minute:02}:{t.second:02}"
    return text + (f".{t.microsecond:06}" if t.microsecond else "")


def plain(value, kind):
    """The value as CSV and table show it; None stays None."""
    if value is None:
        return None
    if pa.types.is_boolean(kind):
        return "true" if value else "false"
    if pa.types.is_floating(kind):
        return number_text(value, pa.types.is_float32(kind))
    if pa.types.is_decimal(kind):
        return f"{value:.{kind.scale}f}"
    if pa.types.is_integer(kind):
        return str(value)
    if pa.types.is_timestamp(kind):
        return f"{value:%Y-%m-%d}".rjust(10, "0") + "T" + time_text(value) + ("Z" if kind.tz else "")
    if pa.types.is_date(kind):
        return f"{value.year:04}-{value.month:02}-{value.day:02}"
    if pa.types.is_time(kind):
        return time_text(value)
    if pa.types.is_binary(kind):
        return base64.b64encode(value).decode()
    if pa.types.is_dictionary(kind):
        return plain(value, kind.value_type)
    if pa.types.is_nested(kind):
        return as_json(value, kind)
    return value


def as_json(value, kind):
    if value is None:
        return "null"
    if pa.types.is_struct(kind):
        return "{" + ",".join(f"{string(f.name)}:{as_json(value[f.name], f.type)}" for f in kind) + "}"
    if pa.types.is_map(kind):
        return "{" + ",".join(f"{string(plain(k, kind.key_type))}:{as_json(v, kind.item_type)}" for k, v in value) + "}"
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return "[" + ",".join(as_json(v, kind.value_type) for v in value) + "]"
    if pa.types.is_dictionary(kind):
        return as_json(value, kind.value_type)
    text = plain(value, kind)
    if pa.types.is_boolean(kind):
        return text
    if pa.types.is_floating(kind):
        return text if math.isfinite(value) else "null"
    if pa.types.is_integer(kind) and abs(value) <= 2**53:
        return text
    return string(text)


def string(text):
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


# ---- formats -----------------------------------------------------------------------------------------------------


def unique(names):
    out = []
    for name in names:
        candidate, n = name, 2
        while candidate in out:
            candidate, n = f"{name}_{n}", n + 1
        out.append(candidate)
    return out


def rows_of(table):
    columns = [c.to_pylist() if not pa.types.is_map(c.type) else c.to_pylist() for c in table.columns]
    return [[column[i] for column in columns] for i in range(table.num_rows)]


def json_lines(table):
    names, kinds = unique(table.schema.names), table.schema.types
    return ["{" + ",".join(f"{string(n)}:{as_json(v, k)}" for n, v, k in zip(names, row, kinds)) + "}" for row in rows_of(table)]


def csv_field(text):
    if text is None:
        return ""
    if text == "" or any(c in text for c in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text


def csv(table):
    lines = [[csv_field(n) for n in table.schema.names]]
    lines += [[csv_field(plain(v, k)) for v, k in zip(row, table.schema.types)] for row in rows_of(table)]
    return "".join(",".join(line) + "\r\n" for line in lines)


def visible(text):
    out = []
    for c in text:
        if c in "\n\t\r":
            out.append({"\n": "\\n", "\t": "\\t", "\r": "\\r"}[c])
        elif ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0:
            out.append(f"\\x{ord(c):02x}")
        elif 0x202A <= ord(c) <= 0x202E or 0x2066 <= ord(c) <= 0x2069:
            out.append(f"\\u{ord(c):04x}")
        else:
            out.append(c)
    return "".join(out)


def width(text):
    return sum(0 if unicodedata.combining(c) or c == "\u200b" else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def as_table(table):
    kinds = table.schema.types
    right = [pa.types.is_integer(k) or pa.types.is_floating(k) or pa.types.is_decimal(k) for k in kinds]
    lines = [[visible(n) for n in table.schema.names]]
    lines += [[visible("NULL" if v is None else plain(v, k)) for v, k in zip(row, kinds)] for row in rows_of(table)]
    widths = [max(width(line[i]) for line in lines) for i in range(len(kinds))]
    out = []
    for number, line in enumerate(lines):
        cells = []
        for i, cell in enumerate(line):
            pad = " " * (widths[i] - width(cell))
            last = i == len(line) - 1
            cells.append(pad + cell if number and right[i] else cell + ("" if last else pad))
        out.append(" " + " │ ".join(cells) + "\n")
        if not number:
            out.append("┼".join("─" * (w + 2) for w in widths) + "\n")
    return "".join(out) + f"({table.num_rows} row{'' if table.num_rows == 1 else 's'})\n"


# ---- cases ---------------------------------------------------------------------------------------------------------


def at(year, month=1, day=1, hour=0, minute=0, second=0, micro=0, tz=None):
    return dt.datetime(year, month, day, hour, minute, second, micro, tzinfo=tz)


def scalars():
    return pa.table(
        {
            "flag": pa.array([True, False, None, True]),
            "tiny": pa.array([-128, 127, None, 0], pa.int8()),
            "small": pa.array([-32768, 32767, None, 0], pa.int16()),
            "whole": pa.array([-(2**31), 2**31 - 1, None, 0], pa.int32()),
            "big": pa.array([2**53, 2**53 + 1, None, -(2**63)], pa.int64()),
            "unsigned": pa.array([2**64 - 1, 0, None, 2**53], pa.uint64()),
            "single": pa.array([1.5, 0.1, None, 3.4028234663852886e38], pa.float32()),
            "double": pa.array([0.1, 1e22, None, -0.0], pa.float64()),
            "money": pa.array(
                [decimal.Decimal("12.30"), decimal.Decimal("-0.05"), None, decimal.Decimal("12345678.90")], pa.decimal128(10, 2)
            ),
            "huge": pa.array([decimal.Decimal(10**37), decimal.Decimal(-(10**37)), None, decimal.Decimal(0)], pa.decimal128(38, 0)),
            "text": pa.array(["a", "", None, 'say "hi", é\n'], pa.string()),
            "bytes": pa.array([b"\x00\xff", b"", None, b"abcd"], pa.binary()),
        }
    )


def odd_doubles():
    return pa.table(
        {
            "v": pa.array([math.nan, math.inf, -math.inf, 5e-324, 1.7976931348623157e308, 2.0**53, 123456789.125], pa.float64()),
            "f": pa.array([math.nan, math.inf, -math.inf, 1e-45, 16777216.0, 0.3, 1.0], pa.float32()),
        }
    )


def times():
    values = [
        at(2026, 11, 21, 8, 57, 17, 120000),
        at(1969, 12, 31, 23, 59, 59, 999999),
        None,
        at(1, 1, 1),
        at(9999, 12, 31, 23, 59, 59),
        at(2024, 2, 29),
    ]
    return pa.table(
        {
            "at": pa.array([v and v.replace(tzinfo=UTC) for v in values], pa.timestamp("us", "UTC")),
            "local": pa.array(values, pa.timestamp("us")),
            "second": pa.array([v and v.replace(microsecond=0) for v in values], pa.timestamp("s", "UTC")),
            "day": pa.array([v and v.date() for v in values], pa.date32()),
            "clock": pa.array([v and v.time() for v in values], pa.time64("us")),
        }
    )


def nested():
    item = pa.struct([("a", pa.int64()), ("b", pa.list_(pa.string()))])
    return pa.table(
        {
            "id": pa.array([1, 2, 3, 4, 5]),
            "s": pa.array([{"a": 1, "b": ["x", None]}, {"a": None, "b": []}, None, {"a": 2**60, "b": None}, {"a": 0, "b": ['"']}], item),
            "l": pa.array([[1, 2], [], None, [None], [3]], pa.list_(pa.int32())),
            "m": pa.array([[("k", 1.5), ("é", None)], [], None, [("a,b", math.nan)], [("", 2.0)]], pa.map_(pa.string(), pa.float64())),
            "deep": pa.array([[[{"a": 1, "b": ["q"]}], []], [], None, [None, [None]], [[{"a": 2, "b": None}]]], pa.list_(pa.list_(item))),
            "days": pa.array([[dt.date(2026, 1, 2)], [], None, [None], []], pa.list_(pa.date32())),
            "pair": pa.array([[1, 2], [3, 4], None, [None, 5], [6, 7]], pa.list_(pa.int64(), 2)),
        }
    )


def text():
    values = [
        "plain",
        "two\r\nlines",
        "tab\there",
        'quote " and \\ back',
        "\x1b[31mred\x1b[0m",
        "日本語",
        "e\u0301",
        "👍 ok",
        "\x00zero",
        "\x7f\u0085\u202e",
        " space ",
        "NULL",
        "a,b",
        "",
    ]
    return pa.table({"n": pa.array(range(len(values))), "text": pa.array(values), 'na"me, odd': pa.array([v or None for v in values])})


def same_names():
    return pa.Table.from_arrays([pa.array([1]), pa.array([2]), pa.array([3])], names=["a", "a", "a_2"])


def empty():
    return pa.table({"a": pa.array([], pa.int32()), "b": pa.array([], pa.string())})


def enums():
    return pa.table({"state": pa.array(["OK", None, "FAILED", "OK"]).dictionary_encode()})


def batches():
    return pa.table({"n": pa.array(range(800)), "t": pa.array([f"row {i}" if i % 7 else None for i in range(800)])})


CASES = {
    "scalars": scalars,
    "odd_doubles": odd_doubles,
    "times": times,
    "nested": nested,
    "text": text,
    "same_names": same_names,
    "empty": empty,
    "batches": batches,
}


def write(path, text):
    path.write_bytes(text.encode("utf-8"))


def main():
    for name, make in CASES.items():
        table = make()
        with pa.ipc.new_stream(str(HERE / f"{name}.arrow"), table.schema) as out:
            for batch in table.to_batches(max_chunksize=300):
                out.write_batch(batch)
        lines = json_lines(table)
        write(HERE / f"{name}.json", "[" + ",\n".join(lines) + "]\n")
        write(HERE / f"{name}.jsonl", "".join(line + "\n" for line in lines))
        write(HERE / f"{name}.csv", csv(table))
        write(HERE / f"{name}.table", as_table(table))


if __name__ == "__main__":
    main()
