"""Starts pieces of a real Spark for tests and samples, all on loopback.

    with connect_server(work) as server:      server.url     sc://127.0.0.1:PORT
    with cluster(work) as c:                  c.master       spark://127.0.0.1:PORT
    with history_server(logs, work) as hs:    hs.get("applications")

`work` is a folder that the caller owns; configuration, output and scratch
files of the started processes go below it. Ports are free ones. A process
that does not become ready within its time is an error that quotes the end of
its output. Every process is killed at the end of its `with`, and by the
kernel if this Python dies before that.

The installation is made by scripts/spark-setup.
"""
import contextlib
import ctypes
import glob
import json
import os
import pathlib
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

LOOPBACK = "127.0.0.1"
START_TIMEOUT_S = 120
STOP_TIMEOUT_S = 30
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)

LOG4J = """rootLogger.level = warn
rootLogger.appenderRef.out.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{HH:mm:ss} %p %c{1}: %m%n%ex
"""


class Install:
    """One Spark of scripts/spark-setup: "4.2" or "3.5"."""

    def __init__(self, version="4.2"):
        cache = os.environ.get("SECCHI_CACHE")
        root = pathlib.Path(cache) if cache else pathlib.Path.home() / ".cache/secchi"
        self.root = root / "spark" / version
        if not (self.root / "stamp").exists():
            raise RuntimeError(f"Spark {version} is not in {self.root}: run scripts/spark-setup")
        self.version = version
        self.python = self.root / "venv/bin/python"
        self.home = pathlib.Path(glob.glob(str(self.root / "venv/lib/python3*/site-packages/pyspark"))[0])
        self.delta_classpath = str(self.root / "jars") + "/*"

    def environment(self, conf_dir, host=LOOPBACK, **extra):
        """The environment for any process of this Spark, configured by conf_dir."""
        env = {k: v for k, v in os.environ.items()
               if not k.startswith(("SPARK_", "PYSPARK_", "HADOOP_"))}
        env.update(SPARK_HOME=str(self.home), SPARK_CONF_DIR=str(conf_dir), SPARK_LOCAL_IP=host,
                   SPARK_LOCAL_HOSTNAME=host, PYSPARK_PYTHON=str(self.python), TZ="UTC")
        env.update(extra)
        return env

    def spark_class(self):
        return str(self.home / "bin/spark-class")


def free_port(host=LOOPBACK):
    with socket.socket() as s:
        s.bind((host, 0))
        return s.getsockname()[1]


def driver_conf(install, work, **extra):
    """Settings for a driver with Delta; keys with '__' for '.', e.g. spark__master."""
    conf = {
        "spark.driver.memory": "768m",
        "spark.driver.host": LOOPBACK,
        "spark.driver.bindAddress": LOOPBACK,
        "spark.driver.extraClassPath": install.delta_classpath,
        "spark.executor.extraClassPath": install.delta_classpath,
        "spark.ui.enabled": "false",
        "spark.local.dir": f"{work}/scratch",
        "spark.sql.warehouse.dir": f"{work}/warehouse",
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "2",
        "spark.databricks.delta.snapshotPartitions": "1",
    }
    conf.update({k.replace("__", "."): v for k, v in extra.items()})
    return conf


def event_log_conf(folder, codec=None, rolling=False):
    """Event logging into folder; codec "zstd" or None for plain text."""
    os.makedirs(folder, exist_ok=True)
    conf = {"spark.eventLog.enabled": "true",
            "spark.eventLog.dir": f"file://{folder}",
            "spark.eventLog.compress": "true" if codec else "false",
            "spark.eventLog.rolling.enabled": "true" if rolling else "false"}
    if codec:
        conf["spark.eventLog.compression.codec"] = codec
    return conf


def write_conf(work, conf):
    """Writes a SPARK_CONF_DIR below work and returns it."""
    folder = pathlib.Path(work) / "conf"
    folder.mkdir(parents=True, exist_ok=True)
    text = "".join(f"{key} {value}\n" for key, value in conf.items())
    (folder / "spark-defaults.conf").write_text(text)
    (folder / "log4j2.properties").write_text(LOG4J)
    return folder


def _die_with_parent():
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Process:
    """A child in its own process group, its output in <work>/<name>.log."""

    def __init__(self, name, args, env, work):
        self.name = name
        self.log = pathlib.Path(work) / f"{name}.log"
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with open(self.log, "wb") as out:
            self.popen = subprocess.Popen(args, env=env, cwd=work, stdin=subprocess.DEVNULL, stdout=out,
                                          stderr=subprocess.STDOUT, start_new_session=True,
                                          preexec_fn=_die_with_parent)

    def output(self, limit=3000):
        return self.log.read_text(errors="replace")[-limit:]

    def fail(self, what):
        raise RuntimeError(f"{self.name} {what}:\n{self.output()}")

    def wait_until(self, ready, timeout_s=START_TIMEOUT_S):
        deadline = time.monotonic() + timeout_s
        while not ready():
            if self.popen.poll() is not None:
                self.fail(f"ended with status {self.popen.returncode}")
            if time.monotonic() > deadline:
                self.fail(f"was not ready after {timeout_s} s")
            time.sleep(0.1)

    def wait_port(self, port, host=LOOPBACK):
        self.wait_until(lambda: _listens(host, port))

    def finish(self, timeout_s):
        """Waits for a process that ends by itself; a status other than 0 is an error."""
        try:
            status = self.popen.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.fail(f"did not end within {timeout_s} s")
        if status != 0:
            self.fail(f"ended with status {status}")

    def kill(self):
        self._signal(signal.SIGKILL)
        self.popen.wait()

    def stop(self):
        """Orderly end (a driver closes its event log), then the hard way."""
        if self.popen.poll() is None:
            self.popen.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.popen.wait(STOP_TIMEOUT_S)
        self.kill()

    def _signal(self, number):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.popen.pid, number)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def _listens(host, port):
    with contextlib.suppress(OSError), socket.create_connection((host, port), 1):
        return True
    return False


def run_python(install, script, work, conf, timeout_s=600, args=(), **env):
    """Runs a PySpark script as its own driver, configured by conf, to its end."""
    folder = write_conf(work, conf)
    with start_python(install, script, work, folder, args, **env) as process:
        process.finish(timeout_s)


def start_python(install, script, work, conf_dir, args=(), **env):
    name = pathlib.Path(script).stem
    return Process(name, [str(install.python), str(script), *map(str, args)],
                   install.environment(conf_dir, **env), work)


class ConnectServer(Process):
    """A Spark Connect server; .url for clients without a user or token, .for_user and .for_token with one."""

    def __init__(self, work, install, conf, env):
        self.port = free_port()
        conf = dict(conf)
        conf["spark.connect.grpc.binding.address"] = LOOPBACK
        conf["spark.connect.grpc.binding.port"] = str(self.port)
        args = [install.spark_class(), "org.apache.spark.deploy.SparkSubmit",
                "--class", "org.apache.spark.sql.connect.service.SparkConnectServer",
                "--name", "Spark Connect server", "spark-internal"]
        super().__init__("connect", args, install.environment(write_conf(work, conf), **env), work)
        self.url = f"sc://{LOOPBACK}:{self.port}"

    def for_user(self, name):
        return f"{self.url}/;user_id={name}"

    def for_token(self, token):
        """With a token PySpark insists on TLS unless the host is called localhost."""
        return f"sc://localhost:{self.port}/;token={token}"


@contextlib.contextmanager
def connect_server(work, extra_conf=None, token=None, master="local[2]", **env):
    """Spark 4.2 Connect with Delta and a persistent (embedded Hive) catalogue below work.

    token: bearer token that clients must send; None asks for none.
    """
    install = Install("4.2")
    conf = driver_conf(install, work, spark__master=master)
    conf["spark.sql.catalogImplementation"] = "hive"
    conf["spark.driver.extraJavaOptions"] = f"-Dderby.system.home={work}"
    conf["spark.hadoop.javax.jdo.option.ConnectionURL"] = f"jdbc:derby:;databaseName={work}/metastore;create=true"
    conf.update(extra_conf or {})
    if token:
        env["SPARK_CONNECT_AUTHENTICATE_TOKEN"] = token
    with ConnectServer(work, install, conf, env) as server:
        server.wait_port(server.port)
        yield server


class Cluster:
    """A running standalone cluster; .workers are Process objects that a test may kill."""

    def __init__(self, master, workers):
        self.master = master
        self.workers = workers


@contextlib.contextmanager
def cluster(work, hosts=("127.0.0.2", "127.0.0.3"), cores=1, memory="640m", version="4.2"):
    """A standalone master on 127.0.0.1 and one worker for each (loopback) host."""
    install = Install(version)
    conf_dir = write_conf(pathlib.Path(work) / "cluster", {})
    small = {"SPARK_DAEMON_MEMORY": "256m"}
    port, web = free_port(), free_port()
    with contextlib.ExitStack() as stack:
        args = [install.spark_class(), "org.apache.spark.deploy.master.Master", "--host", LOOPBACK,
                "--port", str(port), "--webui-port", str(web)]
        master = stack.enter_context(Process("master", args, install.environment(conf_dir, **small), work))
        master.wait_port(port)
        url = f"spark://{LOOPBACK}:{port}"
        workers = []
        for number, host in enumerate(hosts, 1):
            args = [install.spark_class(), "org.apache.spark.deploy.worker.Worker", "--host", host,
                    "--port", str(free_port(host)), "--webui-port", str(free_port(host)),
                    "--cores", str(cores), "--memory", memory, "--work-dir", f"{work}/worker-{number}", url]
            env = install.environment(conf_dir, host, **small)
            workers.append(stack.enter_context(Process(f"worker-{number}", args, env, work)))
        master.wait_until(lambda: _alive_workers(web) == len(hosts))
        yield Cluster(url, workers)


def _alive_workers(web_port):
    with contextlib.suppress(OSError, ValueError):
        return _get_json(f"http://{LOOPBACK}:{web_port}/json/")["aliveworkers"]
    return 0


def _get_json(url):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=120) as answer:
        return json.load(answer)


class HistoryServer(Process):
    """Spark's own history server over one folder of event logs."""

    def __init__(self, log_dir, work, install, extra_conf):
        self.port = free_port()
        many = "10000000"
        conf = {
            "spark.history.fs.logDirectory": f"file://{pathlib.Path(log_dir).resolve()}",
            "spark.history.ui.port": str(self.port),
            "spark.history.fs.update.interval": "1s",
            "spark.history.fs.inProgressOptimization.enabled": "false",
            # the defaults forget all but the last 1000 of each
            "spark.ui.retainedJobs": many,
            "spark.ui.retainedStages": many,
            "spark.ui.retainedTasks": many,
            "spark.ui.retainedDeadExecutors": many,
            "spark.sql.ui.retainedExecutions": many,
        }
        conf.update(extra_conf)
        # a short life: quick to start matters, not code made fast by a second compiler
        env = install.environment(write_conf(work, conf), SPARK_DAEMON_MEMORY="1g",
                                  SPARK_DAEMON_JAVA_OPTS="-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
        super().__init__("history", [install.spark_class(), "org.apache.spark.deploy.history.HistoryServer"],
                         env, work)

    def get(self, path):
        """GET /api/v1/<path> as parsed JSON."""
        return _get_json(f"http://{LOOPBACK}:{self.port}/api/v1/{path}")

    def applications(self, expected, timeout_s=START_TIMEOUT_S):
        """The applications, once all `expected` logs are listed."""
        self.wait_until(lambda: self._listed() >= expected, timeout_s)
        return self.get("applications")

    def _listed(self):
        # it listens before its API answers: until then come 404 and pages of HTML
        with contextlib.suppress(OSError, ValueError):
            return len(self.get("applications"))
        return 0


@contextlib.contextmanager
def history_server(log_dir, work, extra_conf=None, version="4.2"):
    with HistoryServer(log_dir, pathlib.Path(work) / "history", Install(version), extra_conf or {}) as server:
        server.wait_port(server.port)
        yield server
