"""launch.py FD COMMAND...: runs a command and writes to the descriptor what it took: wall and processor seconds, peak resident KiB, wait status.

The kernel counts to a process what its parent held when it was started, so a bench that holds much cannot measure by itself: this does, which
holds next to nothing.
"""
import json
import os
import sys
import time

report = int(sys.argv[1])
os.set_inheritable(report, False)
start = time.monotonic()
try:
    pid = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
except OSError as e:
    sys.exit(f"{sys.argv[2]}: {e.strerror}")
_, status, usage = os.wait4(pid, 0)
os.write(report, json.dumps([time.monotonic() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss, status]).encode())
