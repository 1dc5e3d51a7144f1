"""Rows that were computed from JSON against rows of Arrow: the column's type says how a value of JSON is meant."""

import datetime as dt
import json
import math
from decimal import ROUND_HALF_UP, Context, Decimal

import pyarrow as pa

from .lake import MOMENT, moment

WIDE = Context(prec=60)


def meaning(v):
    """What a piece of JSON says: no nulls in objects, times as times, numbers as numbers."""
    if isinstance(v, dict):
        return {k: meaning(x) for k, x in v.items() if x is not None}
    if isinstance(v, list):
        return [meaning(x) for x in v]
    if isinstance(v, str) and MOMENT.fullmatch(v):
        return moment(v)
    if isinstance(v, (int, float, Decimal)) and not isinstance(v, bool):
        return Decimal(str(v)).normalize()
    return v


def text_of(v):
    if isinstance(v, bool):
        return "true" if v else "false"
    return str(float(v)) if isinstance(v, Decimal) else str(v)


def typed(v, t):
    """A computed value as the column holds it. Text of an object or list is compared by its meaning."""
    if v is None:
        return None
    if pa.types.is_timestamp(t):
        return moment(v)
    if pa.types.is_date(t):
        return v if isinstance(v, dt.date) else dt.date.fromisoformat(v)
    if pa.types.is_decimal(t):
        return Decimal(str(v)).quantize(Decimal(1).scaleb(-t.scale), ROUND_HALF_UP, WIDE)
    if pa.types.is_integer(t):
        return int(v)
    if pa.types.is_floating(t):
        return float(v)
    if pa.types.is_string(t) or pa.types.is_large_string(t):
        return meaning(v) if isinstance(v, (dict, list)) else text_of(v)
    if pa.types.is_list(t):
        return [typed(x, t.value_type) for x in v]
    return v


def held(v, t, wanted):
    """A value of Arrow in the form of the wanted one."""
    if pa.types.is_map(t) and v is not None:
        return dict(v)
    if isinstance(wanted, (dict, list)) and isinstance(v, str):
        return meaning(json.loads(v, parse_float=Decimal))
    return v


def same(a, b):
    if isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, rel_tol=1e-9)
    return a == b


def differences(got, expected, key):
    """Lines that tell how the table differs from the expected rows; none if it does not."""
    if got.column_names != list(expected[0]):
        return [f"columns {got.column_names} are not {list(expected[0])}"]
    types, lines, rows = {f.name: f.type for f in got.schema}, [], {}
    for r in got.to_pylist():
        k = tuple(r[c] for c in key)
        if k in rows:
            lines.append(f"{k} stands there more than once")
        rows[k] = r
    for r in expected:
        wanted = {c: typed(r[c], types[c]) for c in r}
        k = tuple(wanted[c] for c in key)
        found = rows.pop(k, None)
        if found is None:
            lines.append(f"{k} is missing")
            continue
        for c, w in wanted.items():
            v = held(found[c], types[c], w)
            if not same(v, w):
                lines.append(f"{k} {c}: {v!r} is not {w!r}")
    return lines + [f"{k} should not be there" for k in rows]
