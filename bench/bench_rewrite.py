"""What rewriting to DuckDB adds to a statement: every fill and function of the packs, in the time of the quickest of several runs.
Gate: each that has 4 to 5 KB takes less than a millisecond.

    BENCH_REPEATS (default 9) runs of each statement.
"""
import os
import pathlib
import subprocess

import harness
from harness import ROOT, row

REPEATS = os.environ.get("BENCH_REPEATS", "9")
GATE_US = 1000.0
DRIVE = pathlib.Path(os.environ.get("SECCHI_BUILD", ROOT / "build")) / "tests" / "fuzz" / "rewrite_drive"


def share(values, part):
    return sorted(values)[min(len(values) - 1, int(part * len(values)))]


def main():
    told = subprocess.run([DRIVE, REPEATS, ROOT / "packs" / "health"], capture_output=True, text=True)
    if told.returncode:
        raise SystemExit(told.stderr)
    kinds, near = {}, []
    for line in told.stdout.splitlines():
        what, _, size, microseconds = line.split()
        kinds.setdefault(what, []).append((int(size), float(microseconds)))
        if 4000 <= int(size) <= 5000:
            near.append(float(microseconds))
    labels = {"fill": "fills of gold", "function": "functions"}
    lines = [f"Each statement {REPEATS} times, the quickest counts.", "", "| | statements | bytes, median | ms, median | ms, 95th percentile | ms for each 5 KB |",
             "| --- | ---: | ---: | ---: | ---: | ---: |"]
    for what, label in labels.items():
        sizes, times = [s for s, _ in kinds[what]], [t for _, t in kinds[what]]
        lines.append(row(label, str(len(times)), f"{share(sizes, 0.5):,}", f"{share(times, 0.5) / 1000:.2f}", f"{share(times, 0.95) / 1000:.2f}",
                         f"{sum(times) / sum(sizes) * 5000 / 1000:.2f}"))
    good = len(near) >= 5 and max(near) < GATE_US
    lines += ["", f"The slowest of {len(near)} statements of 4 to 5 KB: **{max(near) / 1000:.2f} ms** (gate: under 1 ms) {'good' if good else 'MISSED'}"]
    harness.record("rewrite", lines)
    if not good:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
