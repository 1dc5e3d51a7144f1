"""Rows a second of the simulator over the simulated year: --days 365 --scale 7 as Parquet. Without a peer: the gates are the rate and the memory.

SECCHI_BENCH_DAYS shortens it; then nothing is recorded.
"""
import os
import re
import shutil
import sys
import tempfile

from harness import SECCHI, record, row, run

GATE_ROWS_PER_SECOND, GATE_MIB = 300_000, 3 * 1024


def main():
    days = int(os.environ.get("SECCHI_BENCH_DAYS", "365"))
    folder = tempfile.mkdtemp(prefix="secchi-bench-")
    try:
        done = run([SECCHI, "simulate", "--out", f"{folder}/lake", "--days", days, "--scale", 7, "--until", "2026-07-01", "--seed", 1])
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    rows = int(re.search(r"^(\d+) rows of", done.output, re.M)[1])
    rate = rows / done.seconds
    lines = [
        row("simulated days", "rows", "seconds", "CPU seconds", "rows/s", "peak MiB"),
        row("---", "---", "---", "---", "---", "---"),
        row(str(days), f"{rows:,}", f"{done.seconds:.0f}", f"{done.cpu_seconds:.0f}", f"{rate:,.0f}", f"{done.peak_mib:.0f}"),
        "",
        f"simulator rows/s: {rate:,.0f} (gate {GATE_ROWS_PER_SECOND:,}), memory {done.peak_mib:.0f} MiB (gate {GATE_MIB})",
    ]
    if days == 365:
        record("simulate", lines)
    else:
        print("\n".join(lines))
    return 0 if rate >= GATE_ROWS_PER_SECOND and done.peak_mib <= GATE_MIB else 1


if __name__ == "__main__":
    sys.exit(main())
