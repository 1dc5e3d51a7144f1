"""Makes the sample event logs below tests/data/eventlogs with a real Spark.

    make_logs.py OUT [NAME ...]      all samples, or only the named ones

Each sample is a workload (workloads/*.py) that does little work, so the logs
are whole. Afterwards the paths of this machine are replaced, which changes no
structure: the text is decompressed, replaced and compressed again with the
codec that its name says.
"""
import getpass
import gzip
import os
import pathlib
import platform
import re
import shutil
import signal
import socket
import sys
import tempfile
import time

import zstandard

import spark

HERE = pathlib.Path(__file__).resolve().parent
CLONE = HERE.parent.parent
WORKLOADS = HERE / "workloads"
PERSON = "etl"
SMALL_TASKS = 4100
SUBMITTER = {"SPARK_USER": PERSON}
WORK_PREFIX = "secchi-logs-"


def replacements(work):
    """(what, by what) for bytes of a log; longer paths before their parents."""
    found = {f"{work}": "/srv/lakehouse", f"{WORKLOADS}": "/srv/lakehouse/jobs", f"{CLONE}": "/srv/lakehouse/src"}
    for version in ("4.2", "3.5"):
        install = spark.Install(version)
        found[str(install.home)] = "/opt/spark"
        found[str(install.root)] = "/opt/spark-environment"
    found[str(pathlib.Path(sys.base_prefix))] = "/usr/lib/python3"
    found[str(pathlib.Path.home())] = f"/home/{PERSON}"
    found[platform.release()] = "6.1.0-amd64"
    # only whole path components: /root is not the beginning of /rootfs
    return [(re.compile(re.escape(old.encode()) + rb"(?![A-Za-z0-9_])"), found[old].encode())
            for old in sorted(found, key=len, reverse=True)] + [(host_pattern(), b"localhost")]


def host_pattern():
    """This machine's name where a host can stand; it may be as short as a part of a word."""
    return re.compile(rb'(?<=["/@ =(,])' + re.escape(socket.gethostname().encode()) + rb'(?=[":/, )])')


def private_patterns():
    words = [str(CLONE), str(pathlib.Path.home()), WORK_PREFIX]
    if getpass.getuser() != PERSON:
        words += [f'"user.name":"{getpass.getuser()}"', f'"User":"{getpass.getuser()}"']
    return [re.compile(re.escape(word.encode())) for word in words] + [host_pattern()]


def codec_of(path):
    name = path.name.removesuffix(".compact").removesuffix(".inprogress")
    return "zstd" if name.endswith(".zstd") else "gzip" if name.endswith(".gz") else None


def decompress(data, codec):
    """The bytes that a log holds so far; an unfinished zstd frame is fine."""
    if codec == "gzip":
        return gzip.decompress(data)
    if codec == "zstd":
        return zstandard.ZstdDecompressor().decompressobj(read_across_frames=True).decompress(data)
    return data


def compress(data, codec, finished=True):
    """Like Spark's stream: no content size; an unfinished log has no end of frame."""
    if codec == "gzip":
        return gzip.compress(data, 9, mtime=0)
    if codec == "zstd":
        stream = zstandard.ZstdCompressor(level=19).compressobj()
        last = zstandard.COMPRESSOBJ_FLUSH_FINISH if finished else zstandard.COMPRESSOBJ_FLUSH_BLOCK
        return stream.compress(data) + stream.flush(last)
    return data


def clean(data, work, name):
    for old, new in replacements(work):
        data = old.sub(new, data)
    for pattern in private_patterns():
        if left := pattern.search(data):
            at = left.start()
            raise RuntimeError(f"{name}: still names this machine: {data[max(0, at - 200):at + 100]!r}")
    return data


def publish(logs, target, work, cut=0):
    """Copies the log files below `logs` to target, cleaned; cut: bytes that the last line loses."""
    shutil.rmtree(target, ignore_errors=True)
    for path in sorted(p for p in pathlib.Path(logs).rglob("*") if p.is_file() and not p.name.endswith(".crc")):
        out = target / path.relative_to(logs)
        out.parent.mkdir(parents=True, exist_ok=True)
        codec = codec_of(path)
        text = clean(decompress(path.read_bytes(), codec), work, path.name) if path.stat().st_size else b""
        if cut and text:
            text = text[:len(text) - cut]
        out.write_bytes(compress(text, codec, finished=not cut) if text else b"")
        print(f"  {out.relative_to(target.parent)}: {out.stat().st_size} bytes, {len(text)} unpacked", flush=True)


def run_driver(work, script, args, version="4.2", codec=None, rolling=False, **extra):
    """Runs a classic driver to its end; returns the folder of its log."""
    install = spark.Install(version)
    conf = spark.driver_conf(install, work, **{"spark__master": "local[2]", **extra})
    conf["spark.driver.extraJavaOptions"] = f"-Duser.name={PERSON}"
    conf.update(spark.event_log_conf(f"{work}/logs", codec, rolling))
    spark.run_python(install, WORKLOADS / script, work, conf, args=args, **SUBMITTER)
    return f"{work}/logs"


def classic(work, out):
    logs = run_driver(work, "classic.py", [f"{work}/lake"], codec="zstd", spark__master="local[2,3]",
                      spark__shuffle__spill__numElementsForceSpillThreshold="4000",
                      spark__eventLog__logBlockUpdates__enabled="true")
    publish(logs, out, work)


def connect(work, out):
    conf = spark.event_log_conf(f"{work}/logs", "zstd", rolling=True)
    conf["spark.driver.extraJavaOptions"] = f"-Dderby.system.home={work} -Duser.name={PERSON}"
    install = spark.Install("4.2")
    with spark.connect_server(work, conf, **SUBMITTER) as server:
        with spark.start_python(install, WORKLOADS / "connect.py", f"{work}/client", spark.write_conf(f"{work}/client", {}),
                                [server.url]) as client:
            client.finish(300)
    publish(f"{work}/logs", out, work)


def children(pid):
    return [int(word) for task in pathlib.Path(f"/proc/{pid}/task").iterdir()
            for word in (task / "children").read_text().split()]


def kill_executor_of(worker):
    for pid in children(worker.popen.pid):
        if b"CoarseGrainedExecutorBackend" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes():
            os.kill(pid, signal.SIGKILL)
            return
    raise RuntimeError(f"{worker.name} has no executor")


def run_cluster(work):
    install = spark.Install("4.2")
    conf = spark.driver_conf(install, work)
    conf.update(spark.event_log_conf(f"{work}/logs", "zstd", rolling=True))
    conf.update({
        "spark.driver.extraJavaOptions": f"-Duser.name={PERSON}",
        "spark.eventLog.rolling.maxFileSize": "10m",
        "spark.eventLog.logStageExecutorMetrics": "true",
        "spark.executor.memory": "512m",
        "spark.executor.cores": "1",
        "spark.speculation": "true",
        "spark.speculation.quantile": "0.5",
        "spark.speculation.minTaskRuntime": "2s",
    })
    os.makedirs(f"{work}/lake")
    with spark.cluster(work) as cluster:
        conf["spark.master"] = cluster.master
        folder = spark.write_conf(f"{work}/driver", conf)
        with spark.start_python(install, WORKLOADS / "cluster.py", f"{work}/driver", folder,
                                [f"{work}/lake", SMALL_TASKS], **SUBMITTER) as driver:
            driver.wait_until(pathlib.Path(f"{work}/lake/victim").exists, 300)
            time.sleep(0.5)
            kill_executor_of(cluster.workers[1])
            driver.finish(600)


def cluster(work, out):
    run_cluster(work)
    publish(f"{work}/logs", out, work)
    compacted(work, out.parent / "cluster-compacted")


def compacted(work, out):
    """The same log after the history server has compacted all but its newest file."""
    conf = {"spark.history.fs.eventLog.rolling.maxFilesToRetain": "1",
            "spark.history.fs.eventLog.rolling.compaction.score.threshold": "0.0"}
    logs = pathlib.Path(f"{work}/logs")
    with spark.history_server(logs, work, conf) as server:
        server.wait_until(lambda: list(logs.rglob("*.compact")))
        server.applications(1)
    publish(logs, out, work)


def archive(logs):
    """Somebody packed plain logs with gzip, a codec that Spark itself does not read."""
    for log in pathlib.Path(logs).glob("local-*"):
        log.with_name(log.name + ".gz").write_bytes(gzip.compress(log.read_bytes()))
        log.unlink()


def streaming(work, out):
    publish(run_driver(work, "streaming.py", [f"{work}/lake"], codec="zstd"), out, work)


def spark3(work, out):
    logs = run_driver(work, "spark3.py", [f"{work}/lake", "delta"], version="3.5")
    archive(logs)
    run_driver(work, "spark3.py", [f"{work}/lake", "plain"], version="3.5")
    publish(logs, out, work)


def growing(work, out, codec=None, rolling=False):
    """The log of a running application as it is at one moment, cut in the middle of a line."""
    install = spark.Install("4.2")
    conf = spark.driver_conf(install, work, spark__master="local[3]")
    conf["spark.driver.extraJavaOptions"] = f"-Duser.name={PERSON}"
    conf.update(spark.event_log_conf(f"{work}/logs", codec, rolling))
    ready = pathlib.Path(f"{work}/ready")
    with spark.start_python(install, WORKLOADS / "growing.py", work, spark.write_conf(work, conf), [ready],
                            **SUBMITTER) as driver:
        driver.wait_until(ready.exists)
        shutil.copytree(f"{work}/logs", f"{work}/copy")
        driver.kill()
    publish(f"{work}/copy", out, work, cut=137)


def growing_zstd(work, out):
    growing(work, out, "zstd", rolling=True)


SAMPLES = {"classic": classic, "connect": connect, "cluster": cluster, "streaming": streaming, "spark3": spark3,
           "growing": growing, "growing-zstd": growing_zstd}


def main():
    if len(sys.argv) < 2 or set(sys.argv[2:]) - set(SAMPLES):
        sys.exit(f"usage: make_logs.py OUT [{' | '.join(SAMPLES)}] ...")
    out = pathlib.Path(sys.argv[1]).resolve()
    for name in sys.argv[2:] or SAMPLES:
        print(name, flush=True)
        work = tempfile.mkdtemp(prefix=WORK_PREFIX)
        SAMPLES[name](work, out / name)
        shutil.rmtree(work)


main()
