"""Derivations from short made-up logs, for what no sample of a real Spark holds: runs over hours, the Thrift server, dynamic allocation,
a log without its beginning."""
import json

import pytest

from test_spark_oracle import land, rows_of

HOUR = 3_600_000
T0 = 1_700_000_000_000 // HOUR * HOUR  # a full hour
THRIFT = "org.apache.spark.sql.hive.thriftserver.ui.SparkListenerThriftServer"
UI = "org.apache.spark.sql.execution.ui.SparkListener"

START = [
    {"Event": "SparkListenerLogStart", "Spark Version": "3.1.3"},
    {"Event": "SparkListenerApplicationStart", "App Name": "nightly", "App ID": "app-1", "Timestamp": T0, "User": "etl"},
]


def job_start(job, at, stages=(), **properties):
    infos = [{"Stage ID": s, "Stage Attempt ID": 0, "Stage Name": f"count at a.py:{s}", "Number of Tasks": 1,
              "Parent IDs": [s - 1] if s > stages[0] else []} for s in stages]
    return {"Event": "SparkListenerJobStart", "Job ID": job, "Submission Time": at, "Stage Infos": infos, "Stage IDs": list(stages),
            "Properties": properties}


def execution(number, at, description, root="Project"):
    return {"Event": UI + "SQLExecutionStart", "executionId": number, "description": description, "details": "", "time": at,
            "sparkPlanInfo": {"nodeName": root, "simpleString": root, "children": [], "metrics": []}}


def job_end(job, at, result="JobSucceeded", message=None):
    outcome = {"Result": result, **({"Exception": {"Message": message, "Stack Trace": []}} if message else {})}
    return {"Event": "SparkListenerJobEnd", "Job ID": job, "Completion Time": at, "Job Result": outcome}


def stage(event, number, begin, end=None):
    info = {"Stage ID": number, "Stage Attempt ID": 0, "Stage Name": f"count at a.py:{number}", "Number of Tasks": 1,
            "Submission Time": begin}
    if end:
        info["Completion Time"] = end
    return {"Event": f"SparkListenerStage{event}", "Stage Info": info}


def task(number, stage_id, begin, end, executor="1", run_ms=None):
    return {"Event": "SparkListenerTaskEnd", "Stage ID": stage_id, "Stage Attempt ID": 0, "Task Type": "ResultTask",
            "Task End Reason": {"Reason": "Success"},
            "Task Info": {"Task ID": number, "Index": 0, "Attempt": 0, "Launch Time": begin, "Finish Time": end,
                          "Executor ID": executor, "Host": "10.0.0.7", "Failed": False, "Killed": False},
            "Task Metrics": {"Executor Run Time": run_ms or end - begin, "Executor CPU Time": (end - begin) * 500_000,
                             "Disk Bytes Spilled": 7}}


@pytest.fixture
def tables(tmp_path):
    def make(events):
        source, out = tmp_path / "logs", tmp_path / "out"
        source.mkdir()
        out.mkdir()
        (source / "app-1").write_text("".join(json.dumps(e) + "\n" for e in events))
        land(source, out)
        assert rows_of(out / "findings.jsonl") == []
        return {p.stem: rows_of(p) for p in out.glob("*.jsonl")}

    return make


def slices(rows):
    def hour(us):
        return (us // 1000 - T0) / HOUR

    return sorted((hour(r["period_start_time"]), hour(r["period_end_time"]), r["result_state"]) for r in rows)


def test_runs_are_cut_at_full_hours(tables):
    quarter = HOUR // 4
    made = tables(START + [
        job_start(0, T0 + quarter), job_end(0, T0 + 3 * HOUR),               # ends with the hour: no empty slice
        job_start(1, T0 + HOUR), job_end(1, T0 + HOUR),                      # no length
        job_start(2, T0 + 3 * HOUR), job_end(2, T0 + 5 * HOUR + quarter, "JobFailed", "Job 2 cancelled because of x"),
        job_start(3, T0 + 3 * HOUR), job_end(3, T0 + 3 * HOUR + 1, "JobFailed", "boom"),
        job_start(4, T0 + 5 * HOUR + quarter),                               # still running
        job_start(5, T0 + 6 * HOUR), job_end(5, T0 + 7 * HOUR + quarter),
    ])
    runs = made["lakeflow.job_run_timeline"]
    by_job = {n: slices(r for r in runs if r["run_id"] == f"app-1-job-{n}") for n in range(6)}
    assert by_job[0] == [(0.25, 1.0, None), (1.0, 2.0, None), (2.0, 3.0, "SUCCEEDED")]
    assert by_job[1] == [(1.0, 1.0, "SUCCEEDED")]
    assert by_job[2] == [(3.0, 4.0, None), (4.0, 5.0, None), (5.0, 5.25, "CANCELLED")]
    assert by_job[3] == [(3.0, 3.0 + 1 / HOUR, "FAILED")]
    assert by_job[4] == [(5.25, 6.0, None), (6.0, 7.0, None), (7.0, 7.25, None)]
    assert by_job[5] == [(6.0, 7.0, None), (7.0, 7.25, "SUCCEEDED")]
    codes = {r["run_id"][-1]: r["termination_code"] for r in runs if r["result_state"]}
    assert codes == {"0": "SUCCESS", "1": "SUCCESS", "2": "CANCELED", "3": "RUN_EXECUTION_ERROR", "5": "SUCCESS"}


def test_what_an_ended_application_left_open_was_cancelled(tables):
    made = tables(START + [
        job_start(0, T0 + 1000, [0]),
        stage("Submitted", 0, T0 + 1000),
        execution(0, T0 + 1000, "SELECT 1"),
        {"Event": "SparkListenerApplicationEnd", "Timestamp": T0 + 5000},
    ])
    (run,), (attempt,), (statement,) = made["lakeflow.job_run_timeline"], made["lakeflow.job_task_run_timeline"], made["query.history"]
    assert (run["result_state"], run["period_end_time"]) == ("CANCELLED", (T0 + 5000) * 1000)
    assert (attempt["result_state"], attempt["period_end_time"]) == ("CANCELLED", (T0 + 5000) * 1000)
    assert (statement["execution_status"], statement["end_time"], statement["statement_type"]) == ("CANCELED", (T0 + 5000) * 1000, "SELECT")


def test_thrift_server_of_spark_3(tables):
    """Spark before 4 tells by the group of a job, and only by it, which operation caused an execution."""
    made = tables(START + [
        {"Event": THRIFT + "SessionCreated", "ip": "10.0.0.1", "sessionId": "s", "userName": "ann", "startTime": T0},
        {"Event": THRIFT + "OperationStart", "id": "op", "sessionId": "s", "statement": "INSERT INTO db.t SELECT 1", "startTime": T0 + 10,
         "groupId": "op", "userName": "ann"},
        {"Event": THRIFT + "OperationParsed", "id": "op", "executionPlan": "x"},
        execution(0, T0 + 20, "INSERT ...", "Execute InsertIntoHadoopFsRelationCommand"),
        job_start(0, T0 + 30, [0], **{"spark.jobGroup.id": "op", "spark.sql.execution.id": "0", "spark.job.description": "INSERT ..."}),
        stage("Submitted", 0, T0 + 30),
        task(0, 0, T0 + 40, T0 + 140),
        stage("Completed", 0, T0 + 30, T0 + 150),
        job_end(0, T0 + 160),
        {"Event": UI + "SQLExecutionEnd", "executionId": 0, "time": T0 + 170},
        {"Event": THRIFT + "OperationFinish", "id": "op", "finishTime": T0 + 180},
        {"Event": THRIFT + "OperationClosed", "id": "op", "closeTime": T0 + 200},
        # an execution that has no job yet may belong to an operation: it waits
        execution(1, T0 + 300, "SELECT 2"),
    ])
    (row,) = made["query.history"]
    assert row["statement_id"] == "op"
    assert (row["executed_by"], row["session_id"], row["execution_status"]) == ("ann", "s", "FINISHED")
    assert (row["statement_text"], row["statement_type"]) == ("INSERT INTO db.t SELECT 1", "INSERT")
    assert (row["total_duration_ms"], row["result_fetch_duration_ms"], row["total_task_duration_ms"]) == (170, 20, 100)
    assert row["spilled_local_bytes"] == 7
    assert [r["name"] for r in made["lakeflow.jobs"]] == ["Thrift server statements of ann"]
    assert sorted(r["user_id"] for r in made["identity.users"]) == ["ann", "etl"]


def test_dynamic_allocation_tags_and_minutes(tables):
    minute = 60_000
    made = tables([
        START[0],
        {"Event": "SparkListenerEnvironmentUpdate", "JVM Information": {}, "Spark Properties": {
            "spark.executor.memory": "2g", "spark.dynamicAllocation.enabled": "true", "spark.dynamicAllocation.maxExecutors": "20",
            "spark.secchi.tag.team": "lake", "spark.yarn.queue": "etl"}},
        START[1],
        {"Event": "SparkListenerExecutorAdded", "Timestamp": T0 + minute // 2, "Executor ID": "1",
         "Executor Info": {"Host": "10.0.0.7", "Total Cores": 4}},
        # two tasks of two minutes each, half of the time on the CPU
        task(0, 0, T0 + minute, T0 + 3 * minute),
        task(1, 0, T0 + minute, T0 + 3 * minute),
        {"Event": "SparkListenerExecutorRemoved", "Timestamp": T0 + 3 * minute + minute // 2, "Executor ID": "1", "Removed Reason": "idle"},
        {"Event": "SparkListenerApplicationEnd", "Timestamp": T0 + 10 * minute},
    ])
    (cluster,) = made["compute.clusters"]
    assert (cluster["min_autoscale_workers"], cluster["max_autoscale_workers"], cluster["worker_count"]) == (0, 20, None)
    assert json.loads(cluster["tags"]) == {"team": "lake", "spark.yarn.queue": "etl"}
    assert cluster["worker_node_type"] == "spark-4c-2048m"
    rows = sorted(made["compute.node_timeline"], key=lambda r: r["start_time"])
    spans = [((r["start_time"] // 1000 - T0) / minute, (r["end_time"] // 1000 - T0) / minute) for r in rows]
    assert spans == [(0.5, 1.0), (1.0, 2.0), (2.0, 3.0), (3.0, 3.5)]
    assert [r["tasks_running"] for r in rows] == [0.0, 2.0, 2.0, 0.0]
    assert [r["task_slots_used_percent"] for r in rows] == [0.0, 50.0, 50.0, 0.0]
    assert [r["task_cpu_percent"] for r in rows] == [0.0, 25.0, 25.0, 0.0]
    assert {r["private_ip"] for r in rows} == {"10.0.0.7"}


def test_a_log_without_its_beginning_goes_by_its_name(tables):
    made = tables([
        job_start(0, T0 + 1000, [3, 4]),
        stage("Submitted", 3, T0 + 1000),
        task(0, 3, T0 + 1100, T0 + 1200),
        job_end(0, T0 + 2000),
    ])
    (run,) = made["lakeflow.job_run_timeline"]
    assert run["run_id"] == "app-1-job-0" and run["compute_ids"] == '["app-1"]'
    assert made["compute.clusters"] == []
    (node,) = made["compute.node_timeline"]
    assert node["tasks_running"] > 0 and node["task_slots_used_percent"] is None and node["node_type"] is None
    tasks = {r["task_key"]: r["depends_on_keys"] for r in made["lakeflow.job_tasks"]}
    assert tasks == {"count at a.py:3 #1": None, "count at a.py:4 #2": '["count at a.py:3 #1"]'}
