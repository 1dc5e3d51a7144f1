"""What all benches share: running commands in turn, medians, the machine, and bench/RESULTS.md."""
import collections
import json
import os
import pathlib
import platform
import re
import statistics
import subprocess
import sys
from datetime import datetime, timezone

import pyarrow.ipc

ROOT = pathlib.Path(__file__).resolve().parent.parent
SECCHI = os.environ.get("SECCHI", str(ROOT / "build" / "secchi"))


LOAD = os.getloadavg()[0]  # of others, before anything is measured

Run = collections.namedtuple("Run", "seconds cpu_seconds peak_mib output")


def run(command, **options):
    """Runs a command: wall and processor seconds, peak resident memory in MiB (both with the children that it waited for), output."""
    read, write = os.pipe()
    launch = [sys.executable, "-S", "-E", str(ROOT / "bench" / "launch.py"), str(write)]
    done = subprocess.run(launch + [str(c) for c in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, pass_fds=[write], **options)
    os.close(write)
    with open(read) as report:
        told = report.read()
    if not told:
        raise SystemExit(done.stdout)
    seconds, cpu_seconds, peak_kib, status = json.loads(told)
    if status != 0:
        raise SystemExit(f"{' '.join(map(str, command))} ended with {os.waitstatus_to_exitcode(status)}:\n{done.stdout}")
    return Run(seconds, cpu_seconds, peak_kib / 1024, done.stdout)


def ask(home, sql, out):
    """The rows of a query of the program as an Arrow table; `out` is a file for them."""
    run([SECCHI, "--home", home, "query", "--format", "arrow", "--output", out, sql])
    with pyarrow.ipc.open_stream(str(out)) as reader:
        return reader.read_all()


DIGEST = "count(*), bit_xor(hash(r))::VARCHAR, sum(hash(r) % 1000003)::BIGINT"


def row(*cells):
    return "| " + " | ".join(cells) + " |"


def machine():
    model = re.search(r"model name\s*:\s*(.*)", pathlib.Path("/proc/cpuinfo").read_text())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores ({model.group(1) if model else platform.machine()}), {memory:.0f} GiB, {platform.system()} {platform.release()}, load {LOAD:.1f} before"


def median(values):
    return statistics.median(values)


def record(name, lines):
    """Puts the section of this bench into bench/RESULTS.md, in place of the one from before."""
    path = ROOT / "bench" / "RESULTS.md"
    text = path.read_text() if path.exists() else "# Results of `make bench`\n\nThe gate is the ratio; other figures are for orientation.\n"
    sections = dict(re.findall(r"^## (\S+)\n(.*?)(?=^## |\Z)", text, re.S | re.M))
    head = text.split("\n## ")[0].rstrip() + "\n"
    date = datetime.now(timezone.utc).strftime("%Y-%m-%d")
    sections[name] = "\n" + f"{date}, {machine()}\n\n" + "\n".join(lines) + "\n\n"
    path.write_text(head + "\n" + "".join(f"## {n}\n{body}" for n, body in sorted(sections.items())).rstrip() + "\n")
    print("\n".join(lines))
