"""Each gold table from the delivered files. A table that is its input column by column is a line of columns.yaml only."""

import datetime as dt
import pathlib
from decimal import ROUND_HALF_UP, Context, Decimal

import yaml

from .lake import KEYS, moment

WIDE = Context(prec=60)
FOREVER = dt.datetime.max.replace(tzinfo=dt.timezone.utc)
COLUMNS = yaml.safe_load((pathlib.Path(__file__).parent / "columns.yaml").read_text())
# Where the key of gold is not that of its input.
GOLD_KEYS = {
    "dim_cluster": ["workspace_id", "cluster_id"],
    "dim_job": ["workspace_id", "job_id"],
    "dim_job_task": ["workspace_id", "job_id", "task_key"],
    "dim_pipeline": ["workspace_id", "pipeline_id"],
    "dim_warehouse": ["workspace_id", "warehouse_id"],
    "dim_served_entities": ["served_entity_id"],
    "dim_node_type": ["node_type"],
    "dim_sku": ["sku_name"],
    "dim_cluster_history": ["workspace_id", "cluster_id", "valid_from"],
    "dim_job_history": ["workspace_id", "job_id", "valid_from"],
    "dim_pipeline_history": ["workspace_id", "pipeline_id", "valid_from"],
    "dim_warehouse_history": ["workspace_id", "warehouse_id", "valid_from"],
    "fact_job_run_timeline": ["workspace_id", "run_id"],
    "fact_job_task_run_timeline": ["workspace_id", "run_id"],
    "fact_pipeline_update_timeline": ["workspace_id", "update_id"],
    "fact_mlflow_run_metrics_history": ["workspace_id", "run_id", "metric_name", "metric_time", "metric_step"],
}


def spec_of(table):
    spec = COLUMNS[table]
    return spec_of(spec["same_as"]) if "same_as" in spec else spec


def key_of(table):
    return GOLD_KEYS.get(table) or KEYS[spec_of(table)["of"]]


def at(row, path):
    for part in path.split("."):
        if row is None:
            return None
        row = row.get(part)
    return row


def plain(table, row):
    """The columns of one row in their order; those that are computed (+) are null so far."""
    out = {}
    for word in spec_of(table)["columns"].split():
        name, _, path = word.partition("=")
        if word[0] == "+":
            out[word[1:]] = None
        else:
            out[name.replace(".", "_")] = at(row, path or name)
    return out


def groups(rows, key):
    found = {}
    for r in rows:
        found.setdefault(tuple(r.get(k) for k in key), []).append(r)
    return found.values()


def as_delivered(table, lake):
    return [plain(table, r) for r in lake[spec_of(table)["of"]]]


def versions(table, lake, key):
    """Versions of each object by their change time."""
    for rows in groups(lake[spec_of(table)["of"]], key):
        yield sorted(rows, key=lambda r: moment(r["change_time"]))


def newest_version(table, lake):
    return [plain(table, v[-1]) for v in versions(table, lake, key_of(table))]


def history(table, lake):
    out = []
    for v in versions(table, lake, key_of(table)[:2]):
        for row, following in zip(v, [*v[1:], None], strict=True):
            end = following and following["change_time"]
            out.append({**plain(table, row), "valid_from": row["change_time"], "valid_to": end, "is_current": following is None})
    return out


def last_known(slices, name):
    return next((s[name] for s in reversed(slices) if s.get(name) is not None), None)


def over_slices(table, lake, good):
    """One row a run: start of the first slice, end and outcome of the last; what else is known from the newest slice that knows it."""
    out = []
    for rows in groups(lake[spec_of(table)["of"]], key_of(table)):
        slices = sorted(rows, key=lambda r: moment(r["period_start_time"]))
        first, last = slices[0], slices[-1]
        run = {name: last_known(slices, name) for name in {n for s in slices for n in s}}
        start = moment(first["period_start_time"])
        ended = last.get("period_end_time") is not None
        end = max(moment(s["period_end_time"]) for s in slices if s.get("period_end_time")) if ended else None
        state = last.get("result_state")
        run |= {"period_start_time": start, "period_end_time": end, "result_state": state, "termination_code": last.get("termination_code")}
        used = [s["compute_ids"] for s in slices if s.get("compute_ids") is not None]
        run["compute_ids"] = sorted({i for ids in used for i in ids}) if used else None
        row = plain(table, run)
        seconds = None if end is None else int((end - start).total_seconds())
        what = "update" if "update_date" in row else "run"
        row |= {f"{what}_date": start.date(), f"{what}_duration_seconds": seconds, "is_success": None if state is None else state in good}
        if "run_duration_minutes" in row:
            row["run_duration_minutes"] = None if seconds is None else seconds / 60
        out.append(row)
    return out


def job_runs(table, lake):
    return over_slices(table, lake, ("SUCCESS", "SUCCEEDED"))


def pipeline_updates(table, lake):
    return over_slices(table, lake, ("COMPLETED",))


def metric_points(table, lake):
    """Of the records of one point the one that was recorded last holds; one without a time counts as the last."""
    out = []
    for rows in groups(lake["mlflow/run_metrics_history"], key_of(table)):
        out.append(plain(table, max(rows, key=lambda r: (r["insert_time"] is None, r["insert_time"] and moment(r["insert_time"]), r["record_id"]))))
    return out


def node_types(table, lake):
    """Of the accounts that name a type the one that was delivered last."""
    return [plain(table, max(rows, key=lambda r: r["_place"])) for rows in groups(lake["compute/node_types"], ["node_type"])]


RISKY = ("grant", "revoke", "delete", "secret", "permission", "token", "password", "credential")


def audit(table, lake):
    out = []
    for r in lake["access/audit"]:
        row, answer = plain(table, r), r.get("response") or {}
        row["is_sensitive_action"] = any(w in (r.get("action_name") or "").lower() for w in RISKY)
        row["is_failed_action"] = (answer.get("status_code") or 0) >= 400 or bool(answer.get("error_message"))
        out.append(row)
    return out


# ---- prices ---------------------------------------------------------------------------------------------------------


def rounded(value, scale):
    return Decimal(value).quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP, WIDE)


def in_force(prices, usage):
    """Prices for the usage at its start, by currency: the account's own go before those for all accounts, then the one that began later."""
    found, start = {}, moment(usage["usage_start_time"])
    for p in prices.get((usage["sku_name"], usage["cloud"]), []):
        fits = p["usage_unit"] in (None, usage["usage_unit"]) and p["account_id"] in (None, usage["account_id"])
        begin, end = moment(p["price_start_time"]), moment(p["price_end_time"])
        if fits and start and begin <= start and (end is None or start < end):
            rank = (p["account_id"] is not None, begin)
            if p["currency_code"] not in found or found[p["currency_code"]][0] < rank:
                found[p["currency_code"]] = (rank, p)
    return {currency: p for currency, (_, p) in found.items()}


def cost(quantity, price):
    return None if price is None else rounded(WIDE.multiply(quantity, price), 6)


def price_of(usage, listed, negotiated):
    """List and negotiated price in one currency: one with a negotiated price, then one with a list price, then USD, then by name."""
    lists, own = in_force(listed, usage), in_force(negotiated, usage)
    if not lists and not own:
        return {}
    currency = min({*lists, *own}, key=lambda c: (c not in own, c not in lists, c != "USD", c))
    quantity = rounded(usage["usage_quantity"], 10)
    list_price = account_price = None
    if currency in lists:
        pricing = lists[currency]["pricing"]
        list_price = rounded(pricing["default"], 6)
        effective = (pricing.get("effective_list") or {}).get("default")
        account_price = rounded(pricing["default"] if effective is None else effective, 10)
    if currency in own:
        account_price = rounded(own[currency]["pricing"]["default"], 10)
    return {
        "list_price": list_price,
        "list_cost": cost(quantity, list_price),
        "currency_code": currency,
        "account_price": account_price,
        "account_cost": cost(quantity, account_price),
        "price_source": "ACCOUNT" if currency in own else "LIST",
    }


def by_sku(prices):
    return {(rows[0]["sku_name"], rows[0]["cloud"]): rows for rows in groups(prices, ["sku_name", "cloud"])}


def overlapping(prices):
    """Prices that begin while an earlier one of the same account, SKU, cloud, currency and unit is in force."""
    count = 0
    for rows in groups(prices, ["account_id", "sku_name", "cloud", "currency_code", "usage_unit"]):
        open_until = None
        for p in sorted(rows, key=lambda p: moment(p["price_start_time"])):
            end = moment(p["price_end_time"]) or FOREVER
            count += open_until is not None and moment(p["price_start_time"]) < open_until
            open_until = max(open_until or end, end)
    return count


def usage(table, lake):
    listed, negotiated, out = by_sku(lake["billing/list_prices"]), by_sku(lake["billing/account_prices"]), []
    for r in lake["billing/usage"]:
        tags = r.get("custom_tags") or {}
        out.append({**plain(table, r), "is_tagged": bool(tags), "tag_count": len(tags), **price_of(r, listed, negotiated)})
    return out


def skus(table, lake):
    """A SKU with cloud and unit of its newest usage, else of its newest list price, else of its newest negotiated price."""
    names = {}
    for place, (source, time) in enumerate(
        [("billing/usage", "usage_start_time"), ("billing/list_prices", "price_start_time"), ("billing/account_prices", "price_start_time")]
    ):
        for r in lake[source]:
            if r["sku_name"] is not None:
                names.setdefault((r["sku_name"], place), []).append((-moment(r[time]).timestamp(), r["cloud"] or "", r["usage_unit"] or ""))
    out = {}
    for (name, _place), seen in sorted(names.items()):
        _, cloud, unit = min(seen)
        out.setdefault(name, {"sku_name": name, "cloud": cloud or None, "usage_unit": unit or None})
    return list(out.values())


COMPUTED = {
    "dim_sku": skus,
    "dim_node_type": node_types,
    "fact_usage": usage,
    "fact_audit_logs": audit,
    "fact_job_run_timeline": job_runs,
    "fact_job_task_run_timeline": job_runs,
    "fact_pipeline_update_timeline": pipeline_updates,
    "fact_mlflow_run_metrics_history": metric_points,
    **{t: newest_version for t in ["dim_cluster", "dim_job", "dim_job_task", "dim_pipeline", "dim_warehouse", "dim_served_entities"]},
    **{t: history for t in ["dim_cluster_history", "dim_job_history", "dim_pipeline_history", "dim_warehouse_history"]},
}


def expected(table, lake):
    name = COLUMNS[table].get("same_as", table)
    return COMPUTED.get(name, as_delivered)(name, lake)
