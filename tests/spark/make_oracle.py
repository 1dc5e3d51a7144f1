"""Writes oracles/<name>.json beside the folder of the event logs: what Spark's own
history server says about them over its REST API.

    make_oracle.py LOGS [NAME ...]     LOGS holds one folder a sample

Times are milliseconds since 1970 (UTC), durations milliseconds unless the name
says otherwise, absent values null. `executorCpuTime` is nanoseconds, as Spark
has it. What depends on the moment of asking (the duration of what still runs)
is null.
"""
import collections
import concurrent.futures
import contextlib
import datetime
import gzip
import json
import pathlib
import shutil
import sys
import tempfile
import urllib.error

import spark

APPLICATION = ["startTime", "endTime", "duration", "sparkUser", "completed", "appSparkVersion"]
JOB = ["jobId", "name", "description", "status", "submissionTime", "completionTime", "stageIds", "jobGroup", "jobTags",
       "numTasks", "numActiveTasks", "numCompletedTasks", "numSkippedTasks", "numFailedTasks", "numKilledTasks",
       "numCompletedIndices", "numActiveStages", "numCompletedStages", "numSkippedStages", "numFailedStages"]
STAGE = ["stageId", "attemptId", "name", "status", "numTasks", "numActiveTasks", "numCompleteTasks", "numFailedTasks",
         "numKilledTasks", "numCompletedIndices", "submissionTime", "firstTaskLaunchedTime", "completionTime",
         "failureReason", "executorDeserializeTime", "executorRunTime", "executorCpuTime", "resultSize", "jvmGcTime",
         "memoryBytesSpilled", "diskBytesSpilled", "peakExecutionMemory", "inputBytes", "inputRecords", "outputBytes",
         "outputRecords", "shuffleReadBytes", "shuffleReadRecords", "shuffleFetchWaitTime", "shuffleWriteBytes",
         "shuffleWriteRecords", "shuffleWriteTime"]
# a skipped stage never ran: all its numbers would be zero
SKIPPED_STAGE = STAGE[:5]
SQL = ["id", "status", "description", "submissionTime", "duration", "runningJobIds", "successJobIds", "failedJobIds"]
EXECUTOR = ["id", "hostPort", "isActive", "totalCores", "maxTasks", "addTime", "removeTime", "removeReason",
            "completedTasks", "failedTasks", "totalTasks", "totalDuration", "totalGCTime", "totalInputBytes",
            "totalShuffleRead", "totalShuffleWrite", "maxMemory"]
ALL = 1000000


def milliseconds(text):
    moment = datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fGMT").replace(tzinfo=datetime.timezone.utc)
    return (moment - datetime.datetime.fromtimestamp(0, datetime.timezone.utc)) // datetime.timedelta(milliseconds=1)


def pick(record, names):
    """The named values; a time becomes a number, a list of ids is sorted."""
    out = {}
    for name in names:
        value = record.get(name)
        if name.endswith("Time") and isinstance(value, str):
            value = milliseconds(value)
        out[name] = sorted(value) if isinstance(value, list) else value
    return out


def tasks_of(server, app, stage):
    """Number of task attempts of a stage attempt by status."""
    path = f"applications/{app}/stages/{stage['stageId']}/{stage['attemptId']}/taskList?length={ALL}"
    return dict(sorted(collections.Counter(task["status"] for task in server.get(path)).items()))


def stages(server, app):
    found = []
    for record in server.get(f"applications/{app}/stages?details=false"):
        if record["status"] == "SKIPPED":
            found.append(pick(record, SKIPPED_STAGE))
            continue
        stage = pick(record, STAGE)
        stage["taskAttempts"] = tasks_of(server, app, stage)
        found.append(stage)
    return sorted(found, key=lambda s: (s["stageId"], s["attemptId"]))


def listed_executions(server, app):
    """The executions, and the number of those that Spark has but cannot show.

    Compaction may drop the start of an execution and keep its end. The whole
    list is then "not found"; single pages of it are not.
    """
    path = f"applications/{app}/sql?details=false&planDescription=false"
    with contextlib.suppress(urllib.error.HTTPError):
        return server.get(f"{path}&length={ALL}"), 0
    found, hidden, offset = [], 0, 0
    while True:
        try:
            page = server.get(f"{path}&offset={offset}&length=1")
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise
            hidden += 1
            page = []
        else:
            if not page:
                return found, hidden
        found += page
        offset += 1


def executions(server, app):
    records, hidden = listed_executions(server, app)
    found = []
    for record in records:
        execution = pick(record, SQL)
        if execution["status"] == "RUNNING":
            execution["duration"] = None
        found.append(execution)
    return sorted(found, key=lambda e: e["id"]), hidden


def application(server, listed):
    """Everything about one application of the server's list."""
    app, attempt = listed["id"], listed["attempts"][0]
    about = {"id": app, "name": listed["name"], **pick(attempt, APPLICATION)}
    environment = server.get(f"applications/{app}/environment")
    about["javaVersion"] = environment["runtime"]["javaVersion"]
    about["sparkProperties"] = dict(sorted(environment["sparkProperties"]))
    about["jobs"] = sorted((pick(job, JOB) for job in server.get(f"applications/{app}/jobs")), key=lambda j: j["jobId"])
    about["stages"] = stages(server, app)
    about["sql"], about["sqlHidden"] = executions(server, app)
    about["executors"] = sorted((pick(e, EXECUTOR) for e in server.get(f"applications/{app}/allexecutors")),
                                key=lambda e: e["id"])
    if not about["completed"]:
        about["endTime"] = about["duration"] = None
        for executor in about["executors"]:
            # of a driver Spark says how long it has been alive
            if executor["id"] == "driver":
                executor["totalDuration"] = None
    return about


def log_files(folder):
    """(application, path) of the logs in a sample's folder."""
    return [(path.name.removeprefix("eventlog_v2_").split(".")[0], path)
            for path in sorted(pathlib.Path(folder).iterdir())]


def stage_log(path, target):
    """Copies a log to where a history server finds it; it does not read gzip."""
    if path.is_dir():
        shutil.copytree(path, target / path.name)
    elif path.suffix == ".gz":
        (target / path.stem).write_bytes(gzip.decompress(path.read_bytes()))
    else:
        shutil.copy(path, target / path.name)


def rounds(root, names):
    """Splits the samples so that no application comes twice in a round."""
    left = list(names)
    while left:
        seen, now, later = set(), [], []
        for name in left:
            apps = {app for app, _ in log_files(root / name)}
            if seen & apps:
                later.append(name)
            else:
                now.append(name)
                seen |= apps
        yield now
        left = later


def ask_round(root, group):
    """The oracles of folders that have no application in common, from one history server."""
    oracles = {}
    with contextlib.ExitStack() as stack:
        work = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="secchi-oracle-")))
        logs = work / "logs"
        logs.mkdir()
        home = {app: name for name in group for app, _ in log_files(root / name)}
        for name in group:
            for _, path in log_files(root / name):
                stage_log(path, logs)
        server = stack.enter_context(spark.history_server(logs, work))
        for listed in sorted(server.applications(len(home)), key=lambda a: a["id"]):
            oracle = oracles.setdefault(home[listed["id"]], {"applications": []})
            oracle["applications"].append(application(server, listed))
    return oracles


def ask(root, names):
    """The oracle of each named folder below root. The servers of all rounds run at once: most of their time is waiting."""
    groups = list(rounds(root, names))
    oracles = {}
    with concurrent.futures.ThreadPoolExecutor(len(groups)) as pool:
        for answer in pool.map(lambda group: ask_round(root, group), groups):
            oracles.update(answer)
    return oracles


def render(oracle):
    """JSON with one line a record, so that a change can be read."""
    def line(value):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    apps = []
    for about in oracle["applications"]:
        parts = []
        for key, value in about.items():
            if isinstance(value, list):
                value = "[\n" + ",\n".join(line(record) for record in value) + "\n]"
            else:
                value = line(value)
            parts.append(f"{line(key)}:{value}")
        apps.append("{" + ",\n".join(parts) + "}")
    return '{"applications":[\n' + ",\n".join(apps) + "\n]}\n"


def samples(root):
    return sorted(path.name for path in pathlib.Path(root).iterdir() if path.is_dir())


def main():
    if len(sys.argv) < 2:
        sys.exit("usage: make_oracle.py LOGS [NAME ...]")
    root = pathlib.Path(sys.argv[1])
    for name, oracle in ask(root, sys.argv[2:] or samples(root)).items():
        target = root.parent / "oracles" / f"{name}.json"
        target.write_text(render(oracle))
        print(f"{target}: {target.stat().st_size} bytes", flush=True)


if __name__ == "__main__":
    main()
