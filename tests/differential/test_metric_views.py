"""Metric views: those of the pack, with all measures by their dimensions, and a person's own with windows; DuckDB and a real Spark give equal rows.

    SECCHI_VIEWS="job_performance query_performance" runs only these, SECCHI_DIFF=DIR keeps the lake there and uses it again.
"""
import os
import pathlib
import re
import shutil

import pyarrow
import pytest
import yaml

import spark_kit as kit

FOLDER = kit.ROOT / "packs" / "health" / "metric_views"
VIEWS = {f.stem: yaml.safe_load(f.read_text()) for f in sorted(FOLDER.glob("*.yaml"))}
WANTED = os.environ.get("SECCHI_VIEWS", "").split() or list(VIEWS)
NOW = "2026-06-30T12:00:00Z"  # in the middle of the last day of the lake, so that today is there and not complete
LATER = {"alert_sync_metrics": "system_gold.alert_sync_metrics", "ml_intelligence": "system_gold_ml.cost_anomaly_predictions"}

# By which dimensions all measures are asked: by the first, by both, by none.
BY = {
    "alert_sync_metrics": ("is_dry_run", "gold_schema"),
    "cluster_efficiency": ("node_role", "cpu_utilization_tier"),
    "cluster_utilization": ("provisioning_status", "cluster_source"),
    "commit_tracking": ("workspace_name", "usage_month"),
    "cost_analytics": ("entity_type", "env_tag"),
    "data_quality": ("domain", "freshness_status"),
    "governance_analytics": ("operation_type", "workspace_name"),
    "job_performance": ("outcome_category", "trigger_type"),
    "ml_intelligence": ("risk_level", "sku_name"),
    "query_performance": ("warehouse_tier", "query_efficiency_status"),
    "security_events": ("action_category", "user_type"),
}
# The number of rows and other sums that must be the same by every dimension of a join as without.
SUMS = {
    "cluster_efficiency": ("total_node_hours", "idle_hours"),
    "cluster_utilization": ("measurement_count", "total_node_hours"),
    "commit_tracking": ("usage_records", "total_cost"),
    "cost_analytics": ("usage_records", "total_cost"),
    "governance_analytics": ("total_events", "read_events"),
    "job_performance": ("total_runs", "successful_runs"),
    "ml_intelligence": ("total_predictions", "anomaly_cost", "normal_cost"),
    "query_performance": ("total_queries", "total_rows_read"),
    "security_events": ("total_events", "failed_events"),
}
TABLES = {
    "system_gold": "fact_usage fact_node_timeline fact_query_history fact_audit_logs fact_table_lineage fact_job_run_timeline "
    "dim_workspace dim_cluster dim_job dim_warehouse fact_alert_sync fact_shop_day".split(),
    "system_gold_ml": ["cost_anomaly_predictions"],
    "information_schema": ["tables"],
}

# ---- a pack of the home: the tables that are not made yet, and a person's own metric view

PROPERTIES = """USING DELTA
COMMENT '%s'
TBLPROPERTIES ('secchi.domain' = '%s', 'data_classification' = 'internal', 'contains_pii' = 'false', 'business_owner' = 'Test', 'technical_owner' = 'Test');
"""
PACK = {
    "pack.yaml": "name: fixture\ntitle: Tables of the test\noverride: true\n",
    # The same view over a table of another name: a table with the name of a view hides it.
    "metric_views/alert_sync_metrics.yaml": (FOLDER / "alert_sync_metrics.yaml").read_text().replace("source: system_gold.alert_sync_metrics", "source: fact_alert_sync"),
    "gold/fact_alert_sync.sql": """
CREATE TABLE IF NOT EXISTS system_gold.fact_alert_sync (
  sync_run_id STRING COMMENT 'Run',
  sync_started_at TIMESTAMP COMMENT 'Start',
  sync_ended_at TIMESTAMP COMMENT 'End',
  total_alerts INT COMMENT 'Alerts',
  success_count INT COMMENT 'Alerts deployed',
  error_count INT COMMENT 'Alerts that failed',
  created_count INT COMMENT 'Alerts created',
  updated_count INT COMMENT 'Alerts changed',
  deleted_count INT COMMENT 'Alerts deleted',
  skipped_count INT COMMENT 'Alerts as they were',
  avg_api_latency_ms DOUBLE COMMENT 'Mean latency',
  max_api_latency_ms DOUBLE COMMENT 'Highest latency',
  min_api_latency_ms DOUBLE COMMENT 'Lowest latency',
  p95_api_latency_ms DOUBLE COMMENT '95th percentile of the latency',
  total_duration_seconds DOUBLE COMMENT 'Duration',
  dry_run BOOLEAN COMMENT 'Nothing was done',
  catalog STRING COMMENT 'Catalogue',
  gold_schema STRING COMMENT 'Schema',
  error_summary STRING COMMENT 'Errors',
  record_created_timestamp TIMESTAMP COMMENT 'When the row was written',
  CONSTRAINT pk_fact_alert_sync PRIMARY KEY (sync_run_id)
)
"""
    + PROPERTIES % ("Runs that deploy alerts", "quality")
    + """
DELETE FROM system_gold.fact_alert_sync;

INSERT INTO system_gold.fact_alert_sync
SELECT
  CONCAT('sync-', CAST(r.id AS STRING)),
  TIMESTAMPADD(HOUR, CAST(r.id * 7 AS INT), TIMESTAMP'2026-06-18 02:00:00'),
  TIMESTAMPADD(HOUR, CAST(r.id * 7 + 1 AS INT), TIMESTAMP'2026-06-18 02:00:00'),
  CAST(46 AS INT),
  CAST(46 - r.id % 3 AS INT),
  CAST(r.id % 3 AS INT),
  CAST(r.id % 5 AS INT),
  CAST(r.id % 7 AS INT),
  CAST(r.id % 2 AS INT),
  CAST(30 - r.id % 7 AS INT),
  100.5D + r.id * 1.25D,
  400.0D + r.id * 3.5D,
  20.0D,
  250.0D + r.id * 2.5D,
  12.5D + r.id,
  r.id % 4 = 0,
  'secchi',
  CASE WHEN r.id % 3 = 0 THEN 'system_gold_dev' ELSE 'system_gold' END,
  CASE WHEN r.id % 3 > 0 THEN 'refused' END,
  TIMESTAMP'2026-06-30 00:00:00'
FROM RANGE(30) AS r;
""",
    "gold/cost_anomaly_predictions.sql": """
CREATE TABLE IF NOT EXISTS system_gold_ml.cost_anomaly_predictions (
  workspace_id STRING COMMENT 'Workspace',
  usage_date DATE COMMENT 'Day',
  prediction DOUBLE COMMENT '-1 anomaly, 1 normal',
  anomaly_score DOUBLE COMMENT 'How unusual, 0 to 1',
  model_name STRING COMMENT 'Model',
  model_version STRING COMMENT 'Version',
  scored_at TIMESTAMP COMMENT 'When it was scored',
  CONSTRAINT pk_cost_anomaly_predictions PRIMARY KEY (workspace_id, usage_date)
)
"""
    + PROPERTIES % ("Predictions", "cost")
    + """
DELETE FROM system_gold_ml.cost_anomaly_predictions;

INSERT INTO system_gold_ml.cost_anomaly_predictions
SELECT
  w.workspace_id,
  DATE_ADD(DATE'2026-06-14', CAST(r.id AS INT)),
  CASE WHEN (r.id + LENGTH(w.workspace_id)) % 4 = 0 THEN -1.0D ELSE 1.0D END,
  (r.id * 7 % 20) / 20.0D,
  'cost_anomaly_detector',
  CASE WHEN r.id < 10 THEN '1' ELSE '2' END,
  TIMESTAMP'2026-06-30 03:00:00'
FROM RANGE(16) AS r
CROSS JOIN (
  SELECT d.workspace_id FROM system_gold.dim_workspace AS d
  UNION ALL
  SELECT 'without usage'
) AS w;
""",
    "gold/fact_shop_day.sql": """
CREATE TABLE IF NOT EXISTS system_gold.fact_shop_day (
  shop STRING COMMENT 'Shop',
  sales_date DATE COMMENT 'Day',
  amount DECIMAL(18, 2) COMMENT 'Sales',
  stock INT COMMENT 'Pieces in stock at the end of the day',
  CONSTRAINT pk_fact_shop_day PRIMARY KEY (shop, sales_date)
)
"""
    + PROPERTIES % ("Sales of shops by day, with days on which one was closed", "cost")
    + """
DELETE FROM system_gold.fact_shop_day;

INSERT INTO system_gold.fact_shop_day
SELECT s.shop, DATE_ADD(DATE'2025-11-20', CAST(r.id * s.step + r.id % 2 AS INT)), CAST(10 + r.id * s.step % 17 AS DECIMAL(18, 2)) / 4, CAST(100 - r.id * s.step % 23 AS INT)
FROM RANGE(24) AS r
CROSS JOIN (VALUES ('north', 3), ('south', 5)) AS s (shop, step);
""",
    "metric_views/shop_days.yaml": """
version: "1.1"
comment: Sales of shops
source: fact_shop_day
dimensions:
  - {name: sales_date, expr: source.sales_date}
  - {name: sales_month, expr: "TRUNC(sales_date, 'MONTH')"}
  - {name: sales_year, expr: YEAR(sales_date)}
  - {name: shop, expr: source.shop}
measures:
  - {name: amount, expr: SUM(source.amount)}
  - {name: last_7_days, expr: SUM(source.amount), window: [{order: sales_date, range: trailing 7 day inclusive, semiadditive: last}]}
  - {name: prior_7_days, expr: SUM(source.amount), window: [{order: sales_date, range: trailing 7 day, semiadditive: last}]}
  - {name: running, expr: SUM(source.amount), window: [{order: sales_date, range: cumulative, semiadditive: last}]}
  - {name: stock, expr: SUM(source.stock), window: [{order: sales_date, range: current, semiadditive: last}]}
  - {name: first_stock, expr: SUM(source.stock), window: [{order: sales_date, range: current, semiadditive: first}]}
  - {name: year_to_date, expr: SUM(source.amount), window: [
      {order: sales_date, range: cumulative, semiadditive: last}, {order: sales_year, range: current, semiadditive: last}]}
  - {name: week_share, expr: "MEASURE(last_7_days) * 100.0D / NULLIF(MEASURE(running), 0)"}
""",
}


def add_pack(home):
    pack = home.path / "packs" / "fixture"
    for name, text in PACK.items():
        (pack / name).parent.mkdir(parents=True, exist_ok=True)
        (pack / name).write_text(text)


@pytest.fixture(scope="module")
def told_later():
    """What a question about a table that is not made yet is answered with."""
    return {}


@pytest.fixture(scope="module")
def home(tmp_path_factory, told_later):
    kept = os.environ.get("SECCHI_DIFF")
    folder = pathlib.Path(kept) if kept else tmp_path_factory.mktemp("metric_views")
    home = kit.Home(folder / "home")
    if not (folder / "made").exists():
        home = kit.made_lake(folder)
        (folder / "made").touch()
    home.env["SECCHI_AS_OF"] = kit.NOW
    shutil.rmtree(home.path / "packs" / "fixture", ignore_errors=True)
    for view in LATER:
        told_later[view] = home.run("query", f"SELECT MEASURE({VIEWS[view]['measures'][0]['name']}) FROM {view}")
    add_pack(home)
    home.good("refresh", timeout=600)
    home.env["SECCHI_AS_OF"] = NOW
    return home


@pytest.fixture(scope="module")
def spark(tmp_path_factory, home):
    with kit.Spark(tmp_path_factory.mktemp("spark")) as spark:
        for schema, tables in TABLES.items():
            kit.copy_tables(home, spark, tmp_path_factory.mktemp("tables"), schema, tables)
        spark.run("USE system_gold")
        yield spark


def answer(home, sql, folder):
    file = folder / "answer.arrow"
    home.good("query", "--format", "arrow", "--output", file, sql)
    with pyarrow.OSFile(str(file)) as f:
        return pyarrow.ipc.open_stream(f).read_all()


def clock(home, view):
    """A day after the newest table was made, so that older ones are no longer fresh; for all other views NOW."""
    if view != "data_quality":
        return NOW
    return home.one("SELECT TIMESTAMPADD(HOUR, 24, DATE_TRUNC('SECOND', MAX(last_altered))) FROM information_schema.tables WHERE table_type <> 'VIEW'")


def both(home, spark, folder, sql, now=NOW):
    """The rows here, after they were found equal to those of Spark."""
    home.env["SECCHI_AS_OF"] = now
    try:
        portable = home.good("query", "--show-sql", "--engine", "spark", sql).stdout
        ours = answer(home, sql, folder)
    finally:
        home.env["SECCHI_AS_OF"] = NOW
    told = kit.differences(ours, spark.rows(kit.at(portable, now)))
    assert told is None, f"{sql}: {told}"
    return ours


def asked(view, dimensions, measures=None, more=""):
    measures = measures or [m["name"] for m in VIEWS[view]["measures"]]
    columns = ", ".join([*dimensions, *(f"MEASURE({m}) AS {m}" for m in measures)])
    return f"SELECT {columns} FROM {view}{more}{' GROUP BY ALL' if dimensions else ''}"


# ---- the views of the pack


@pytest.mark.parametrize("count", [0, 1, 2])
@pytest.mark.parametrize("view", WANTED)
def test_all_measures(home, spark, tmp_path, view, count):
    rows = both(home, spark, tmp_path, asked(view, BY[view][:count]), clock(home, view))
    assert rows.num_rows > 1 if count else rows.num_rows == 1
    empty = [c for c in rows.column_names[count:] if rows[c].null_count == rows.num_rows]
    assert not empty, f"{view} by {BY[view][:count]}: null in all rows: {empty}"


@pytest.mark.parametrize("view", WANTED)
def test_all_dimensions(home, spark, tmp_path, view):
    dimensions = [d["name"] for d in VIEWS[view]["dimensions"]]
    rows = both(home, spark, tmp_path, asked(view, dimensions, [VIEWS[view]["measures"][0]["name"]]), clock(home, view))
    empty = [c for c in dimensions if rows[c].null_count == rows.num_rows]
    assert not empty, f"{view}: null in all rows: {empty}"


def test_views_are_complete_and_described():
    assert set(VIEWS) == set(BY)
    counts = [sum(len(v[kind]) for v in VIEWS.values()) for kind in ("dimensions", "measures")]
    assert (len(VIEWS), *counts) == (11, 169, 207)
    for name, view in VIEWS.items():
        fields = view["dimensions"] + view["measures"]
        assert view["version"] == "1.1" and view["comment"] and list(BY[name]) == [d for d in BY[name] if d in {f["name"] for f in view["dimensions"]}]
        for f in fields:
            assert f["comment"] and f["display_name"] and 1 <= len(f["synonyms"]) <= 10, (name, f["name"])
        synonyms = [s.lower() for f in fields for s in f["synonyms"]]
        assert len(synonyms) == len(set(synonyms)), name
        formats = [m["format"] for m in view["measures"]]
        assert all(f == {"type": "currency", "currency_code": "USD"} or f in ({"type": "number"}, {"type": "percentage"}) for f in formats), name


@pytest.mark.parametrize("view", [v for v in SUMS if v in WANTED])
def test_no_join_multiplies(home, view):
    joined = [d["name"] for d in VIEWS[view]["dimensions"] if any(re.search(rf"\b{j['name']}\.", d["expr"]) for j in VIEWS[view]["joins"])]
    total = home.rows(asked(view, [], SUMS[view]))[0]
    rows = home.one(f"SELECT COUNT(*) AS n FROM {VIEWS[view]['source']}")
    assert joined and rows
    if not view.startswith("cluster_efficiency"):
        assert total[SUMS[view][0]] == rows
    for dimension in joined:
        got = home.rows(asked(view, [dimension], SUMS[view]))
        for measure in SUMS[view]:
            assert sum(r[measure] for r in got) == pytest.approx(total[measure], rel=1e-9), (dimension, measure)


def test_tables_age(home, spark, tmp_path):
    now = clock(home, "data_quality")
    rows = both(home, spark, tmp_path, asked("data_quality", ["freshness_status"], ["total_tables", "fresh_tables", "stale_tables", "max_hours_since_update"]), now)
    by = {r["freshness_status"]: r for r in rows.to_pylist()}
    assert "FRESH" in by and len(by) > 1
    for status, r in by.items():
        fresh = status == "FRESH"
        assert r["fresh_tables" if fresh else "stale_tables"] == r["total_tables"] and (r["max_hours_since_update"] <= 24) == fresh


# What measures mean, said again in other words: plain SQL over the tables.
MEANING = {
    "cost_analytics.total_cost": "SELECT SUM(list_cost) FROM fact_usage",
    "cost_analytics.last_7_day_cost": "SELECT SUM(list_cost) FROM fact_usage WHERE usage_date BETWEEN '2026-06-23' AND '2026-06-29'",
    "cost_analytics.prior_7_day_cost": "SELECT SUM(list_cost) FROM fact_usage WHERE usage_date BETWEEN '2026-06-16' AND '2026-06-22'",
    "cost_analytics.prior_30_day_cost": "SELECT SUM(list_cost) FROM fact_usage WHERE usage_date BETWEEN '2026-05-01' AND '2026-05-30'",
    "cost_analytics.mtd_cost": "SELECT SUM(list_cost) FROM fact_usage WHERE usage_date BETWEEN '2026-06-01' AND '2026-06-29'",
    "cost_analytics.avg_daily_cost": "SELECT AVG(c) FROM (SELECT SUM(list_cost) AS c FROM fact_usage WHERE usage_date < '2026-06-30' GROUP BY usage_date)",
    "cost_analytics.active_jobs": "SELECT COUNT(*) FROM (SELECT DISTINCT workspace_id, usage_metadata_job_id FROM fact_usage WHERE usage_metadata_job_id IS NOT NULL)",
    "commit_tracking.projected_monthly_cost": "SELECT SUM(list_cost) / 29 * 30 FROM fact_usage WHERE usage_date BETWEEN '2026-06-01' AND '2026-06-29'",
    "commit_tracking.ytd_cost": "SELECT SUM(list_cost) FROM fact_usage WHERE usage_date BETWEEN '2026-01-01' AND '2026-06-29'",
    "commit_tracking.total_dbu": "SELECT SUM(usage_quantity) FROM fact_usage WHERE usage_unit = 'DBU'",
    "cluster_efficiency.total_nodes": "SELECT COUNT(DISTINCT instance_id) FROM fact_node_timeline",
    "cluster_efficiency.total_node_hours": "SELECT SUM(TIMESTAMPDIFF(SECOND, start_time, end_time)) / 3600D FROM fact_node_timeline",
    "cluster_efficiency.underutilized_cluster_count":
        "SELECT COUNT(DISTINCT cluster_id) FROM fact_node_timeline WHERE cpu_user_percent + cpu_system_percent < 30 AND mem_used_percent < 30",
    "cluster_utilization.total_network_sent_gb": "SELECT SUM(network_sent_bytes) / POWER(1024, 3) FROM fact_node_timeline",
    "cluster_utilization.wasted_hours":
        "SELECT SUM(TIMESTAMPDIFF(SECOND, start_time, end_time)) / 3600D FROM fact_node_timeline WHERE cpu_user_percent + cpu_system_percent < 20",
    "governance_analytics.unique_tables":
        "SELECT COUNT(*) FROM (SELECT source_table_full_name AS t FROM fact_table_lineage UNION SELECT target_table_full_name FROM fact_table_lineage) WHERE t IS NOT NULL",
    "governance_analytics.events_7d": "SELECT COUNT(*) FROM fact_table_lineage WHERE event_date BETWEEN '2026-06-23' AND '2026-06-29'",
    "job_performance.success_rate": "SELECT AVG(IF(result_state = 'SUCCEEDED', 100D, 0D)) FROM fact_job_run_timeline WHERE result_state IS NOT NULL",
    "job_performance.avg_duration_minutes":
        "SELECT AVG(TIMESTAMPDIFF(SECOND, period_start_time, period_end_time)) / 60 FROM fact_job_run_timeline WHERE result_state IS NOT NULL",
    "job_performance.runs_last_7_days": "SELECT COUNT(*) FROM fact_job_run_timeline WHERE run_date BETWEEN '2026-06-23' AND '2026-06-29'",
    "query_performance.total_bytes_read_tb": "SELECT SUM(read_bytes) / POWER(1024, 4) FROM fact_query_history",
    "query_performance.inefficient_query_count":
        "SELECT COUNT(*) FROM fact_query_history WHERE spilled_local_bytes > 100000000 OR waiting_at_capacity_duration_ms > 30000 OR total_duration_ms > 300000",
    "query_performance.queries_today": "SELECT COUNT(*) FROM fact_query_history WHERE start_time >= '2026-06-30'",
    "security_events.events_24h": "SELECT COUNT(*) FROM fact_audit_logs WHERE event_date = '2026-06-29'",
    "security_events.unique_human_users": "SELECT COUNT(DISTINCT user_identity_email) FROM fact_audit_logs WHERE user_identity_email LIKE '%@%'",
    "security_events.permission_changes": "SELECT COUNT(*) FROM fact_audit_logs WHERE action_name IN ('updatePermissions', 'addPrincipalToGroup')",
    "ml_intelligence.anomaly_cost": "SELECT SUM(u.list_cost) FROM fact_usage AS u SEMI JOIN system_gold_ml.cost_anomaly_predictions AS p "
    "ON p.workspace_id = u.workspace_id AND p.usage_date = u.usage_date AND p.prediction = -1",
    "ml_intelligence.unique_skus": "SELECT COUNT(DISTINCT u.sku_name) FROM fact_usage AS u SEMI JOIN system_gold_ml.cost_anomaly_predictions AS p "
    "ON p.workspace_id = u.workspace_id AND p.usage_date = u.usage_date",
    "alert_sync_metrics.success_rate": "SELECT 100D * 10 / 30",
}


@pytest.mark.parametrize("name", [n for n in MEANING if n.split(".")[0] in WANTED])
def test_measures_mean_what_they_say(home, name):
    view, measure = name.split(".")
    wanted = float(home.one(MEANING[name]))
    assert wanted and home.one(asked(view, [], [measure])) == pytest.approx(wanted, rel=1e-9)


# ---- forms of queries

FORMS = {
    "cte": "WITH m AS (SELECT workspace_name, MEASURE(total_cost) AS cost FROM cost_analytics GROUP BY ALL) SELECT workspace_name, cost FROM m WHERE cost > 1000",
    "two joined": """
        WITH cost AS (SELECT workspace_name, MEASURE(total_cost) AS cost FROM cost_analytics GROUP BY ALL),
          runs AS (SELECT workspace_name, MEASURE(total_runs) AS runs, MEASURE(success_rate) AS rate FROM job_performance GROUP BY ALL)
        SELECT c.workspace_name, c.cost, r.runs, r.rate, c.cost / r.runs AS cost_per_run FROM cost AS c LEFT JOIN runs AS r ON r.workspace_name = c.workspace_name""",
    "union": """
        SELECT 'queries' AS what, workspace_name, MEASURE(total_queries) AS n FROM query_performance GROUP BY ALL
        UNION ALL SELECT 'events', workspace_name, MEASURE(total_events) FROM mv_security_events GROUP BY ALL""",
    "mv_": "SELECT sku_name, MEASURE(cost_per_dbu) FROM mv_cost_analytics GROUP BY sku_name",
    "schema": "SELECT v.year, MEASURE(total_runs) FROM system_gold.mv_job_performance AS v GROUP BY v.year",
    "having": "SELECT sku_name, MEASURE(total_cost) AS cost FROM cost_analytics GROUP BY sku_name HAVING MEASURE(total_cost) > 300 AND MEASURE(usage_days) > 10",
    "where": "SELECT warehouse_size, MEASURE(p95_duration_seconds) AS p95 FROM query_performance WHERE query_date >= '2026-06-01' AND statement_type = 'SELECT' GROUP BY 1",
    "expression": "SELECT usage_month, ROUND(MEASURE(total_cost) / MEASURE(usage_days), 2) AS daily FROM cost_analytics GROUP BY usage_month",
    "distinct": "SELECT DISTINCT workspace_name, cloud FROM cost_analytics",
    "rollup": "SELECT entity_type, env_tag, MEASURE(total_cost) AS cost FROM cost_analytics GROUP BY ROLLUP (entity_type, env_tag)",
    "window over": "SELECT sku_name, MEASURE(total_cost) AS cost, ROW_NUMBER() OVER (ORDER BY MEASURE(total_cost) DESC) AS place FROM cost_analytics GROUP BY sku_name",
    "subquery": "SELECT COUNT(*) AS jobs FROM (SELECT job_name, MEASURE(failure_rate) AS rate FROM job_performance GROUP BY ALL) AS j WHERE j.rate > 0",
    "setting": "SELECT MEASURE(total_cost) / ${budget.monthly} AS share FROM cost_analytics",
}


@pytest.mark.parametrize("form", list(FORMS))
def test_forms(home, spark, tmp_path, form):
    assert both(home, spark, tmp_path, FORMS[form]).num_rows


def test_order_by_measure(home, spark, tmp_path):
    sql = "SELECT sku_name, MEASURE(total_cost) AS cost FROM cost_analytics GROUP BY ALL ORDER BY MEASURE(total_cost) DESC, sku_name LIMIT 5"
    rows = both(home, spark, tmp_path, sql)["cost"].to_pylist()
    assert len(rows) == 5 and rows == sorted(rows, reverse=True)
    names = answer(home, "SELECT MEASURE(total_cost), MEASURE(usage_days) AS days FROM cost_analytics", tmp_path).column_names
    assert names == ["measure(total_cost)", "days"]


@pytest.mark.parametrize(
    "sql,what",
    [
        ("SELECT * FROM cost_analytics", ["* is not possible for the metric view cost_analytics", "name dimensions, and measures as MEASURE(m)"]),
        ("SELECT MEASURE(totl_cost) FROM cost_analytics", ["1:16", "the metric view cost_analytics has no measure totl_cost", "did you mean MEASURE(total_cost)?"]),
        ("SELECT wrkspace_name, MEASURE(total_cost) FROM mv_cost_analytics GROUP BY ALL", ["1:8", "has no dimension wrkspace_name", "did you mean workspace_name?"]),
        ("SELECT total_cost FROM cost_analytics", ["1:8", "total_cost is a measure of cost_analytics", "write MEASURE(total_cost)"]),
        ("SELECT SUM(total_cost) FROM cost_analytics", ["1:8", "SUM over rows of the metric view cost_analytics; MEASURE(..) aggregates there"]),
        ("SELECT cloud, COUNT(*) FROM cost_analytics GROUP BY ALL", ["1:15", "COUNT over rows of the metric view cost_analytics"]),
        ("SELECT MEASURE(cloud) FROM cost_analytics", ["1:8", "cloud is a dimension of cost_analytics", "dimensions stand without MEASURE"]),
        ("SELECT cloud FROM cost_analytics", ["without measures must group", "add GROUP BY ALL, or SELECT DISTINCT"]),
        ("SELECT MEASURE(total_cost) FROM cost_analytics AS c JOIN dim_workspace AS w ON TRUE", ["the metric view cost_analytics is read by itself"]),
    ],
)
def test_faults_name_what_is_near(home, sql, what):
    done = home.run("query", sql)
    assert done.returncode and not done.stdout
    assert [w for w in what if w not in done.stderr] == [], done.stderr


@pytest.mark.parametrize("view", list(LATER))
def test_a_table_that_is_not_made_yet(told_later, home, view):
    done = told_later[view]
    assert done.returncode and f"there is no data in {LATER[view]} yet" in done.stderr
    assert ("was not trained yet" if view == "ml_intelligence" else "alerts write it when they are deployed") in done.stderr


# ---- a person's own view with windows, against windows written by hand

MEASURES = ["amount", "last_7_days", "prior_7_days", "running", "stock", "first_stock", "year_to_date", "week_share"]
BY_DAY = """
    SELECT sales_date, TRUNC(sales_date, 'MONTH') AS sales_month, amount, stock, stock AS first_stock,
      CAST(SUM(amount) OVER (ORDER BY sales_date RANGE BETWEEN INTERVAL 6 DAYS PRECEDING AND CURRENT ROW) AS DECIMAL(28, 2)) AS last_7_days,
      CAST(SUM(amount) OVER (ORDER BY sales_date RANGE BETWEEN INTERVAL 7 DAYS PRECEDING AND INTERVAL 1 DAYS PRECEDING) AS DECIMAL(28, 2)) AS prior_7_days,
      CAST(SUM(amount) OVER (ORDER BY sales_date) AS DECIMAL(28, 2)) AS running,
      CAST(SUM(amount) OVER (PARTITION BY YEAR(sales_date) ORDER BY sales_date) AS DECIMAL(28, 2)) AS year_to_date
    FROM (SELECT sales_date, SUM(amount) AS amount, SUM(stock) AS stock FROM fact_shop_day GROUP BY sales_date)"""
SHARE = "last_7_days * 100.0D / NULLIF(running, 0) AS week_share"
OF_ALL = "amount, {0}.last_7_days, {0}.prior_7_days, {0}.running, {0}.stock, {1}.first_stock, {0}.year_to_date, {0}." + SHARE.replace("running, 0", "{0}.running, 0")
LAST = "(SELECT * FROM d QUALIFY ROW_NUMBER() OVER (PARTITION BY sales_month ORDER BY sales_date DESC) = 1)"
WINDOWS = {
    "day": (
        ["sales_date"],
        "",
        f"WITH d AS ({BY_DAY}) SELECT sales_date, amount, last_7_days, prior_7_days, running, stock, first_stock, year_to_date, {SHARE} FROM d",
    ),
    "month": (
        ["sales_month"],
        "",
        f"""WITH d AS ({BY_DAY}), m AS (SELECT sales_month, CAST(SUM(amount) AS DECIMAL(28, 2)) AS amount FROM d GROUP BY sales_month)
        SELECT m.sales_month, m.{OF_ALL.format('z', 'a')} FROM m
        JOIN {LAST} AS z ON z.sales_month = m.sales_month JOIN {LAST.replace('DESC', 'ASC')} AS a ON a.sales_month = m.sales_month""",
    ),
    "nothing": (
        [],
        "",
        f"""WITH d AS ({BY_DAY}) SELECT m.{OF_ALL.format('z', 'a')} FROM (SELECT CAST(SUM(amount) AS DECIMAL(28, 2)) AS amount FROM d) AS m
        CROSS JOIN (SELECT * FROM d ORDER BY sales_date DESC LIMIT 1) AS z CROSS JOIN (SELECT * FROM d ORDER BY sales_date LIMIT 1) AS a""",
    ),
    "days of January": (
        ["sales_date"],
        " WHERE sales_date BETWEEN '2026-01-01' AND '2026-01-31'",
        f"WITH d AS ({BY_DAY}) SELECT sales_date, amount, last_7_days, prior_7_days, running, stock, first_stock, year_to_date, {SHARE} FROM d "
        "WHERE sales_date BETWEEN '2026-01-01' AND '2026-01-31'",
    ),
}


@pytest.mark.parametrize("by", list(WINDOWS))
def test_windows_of_measures(home, spark, tmp_path, by):
    dimensions, where, plain = WINDOWS[by]
    columns = ", ".join([*dimensions, *(f"MEASURE({m}) AS {m}" for m in MEASURES)])
    ours = both(home, spark, tmp_path, f"SELECT {columns} FROM shop_days{where}{' GROUP BY ALL' if dimensions else ''}")
    told = kit.differences(ours, answer(home, plain, tmp_path))
    assert ours.num_rows and told is None, told


def test_windows_by_another_dimension(home, spark, tmp_path):
    """A shop that was closed on a day still has its last seven days there."""
    ours = both(home, spark, tmp_path, "SELECT sales_date, shop, MEASURE(amount) AS amount, MEASURE(last_7_days) AS last_7_days FROM shop_days GROUP BY ALL")
    plain = """
        SELECT d.sales_date, r.shop, SUM(r.amount) FILTER (WHERE r.sales_date = d.sales_date) AS amount, SUM(r.amount) AS last_7_days
        FROM (SELECT DISTINCT sales_date FROM fact_shop_day) AS d
        JOIN fact_shop_day AS r ON r.sales_date > DATE_SUB(d.sales_date, 7) AND r.sales_date <= d.sales_date GROUP BY ALL"""
    told = kit.differences(ours, answer(home, plain, tmp_path))
    assert told is None and ours["amount"].null_count, told
