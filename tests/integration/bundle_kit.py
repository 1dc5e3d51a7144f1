"""Databricks' own classes of bundle resources (PyPI databricks-bundles, made from the schema of the CLI), kept in the cache outside of the tree: their
licence is not ours, and nothing but this test needs them."""

import fcntl
import os
import pathlib
import subprocess
import sys

VERSION, SHA256 = "1.22.1", "0e2601b5a41e95d6b2a0f6b9307f5f8c89bd5a749ac2db9d66ea466bd1f28709"


def bundles():
    """The modules jobs and schemas of databricks.bundles."""
    cache = pathlib.Path(os.environ.get("SECCHI_CACHE") or pathlib.Path.home() / ".cache/secchi")
    folder = cache / "databricks-bundles" / VERSION
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests run side by side
        if not (folder / "stamp").exists():
            wanted = folder / "requirements.txt"
            wanted.write_text(f"databricks-bundles=={VERSION} --hash=sha256:{SHA256}\n")
            install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--upgrade", "--target", str(folder), "-r", str(wanted)]
            subprocess.run(install, check=True, timeout=300)
            (folder / "stamp").touch()
    sys.path.append(str(folder))
    from databricks.bundles import jobs, schemas

    return jobs, schemas
