"""scripts/setup: checksums are checked, a second run is quick and needs no network, faults are one line."""
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MACHINE = os.uname().machine


@pytest.fixture
def tree(tmp_path):
    """A tree with set-up and its lists, and a cache that is already filled, so that nothing has to be fetched."""
    (tmp_path / "scripts").mkdir()
    (tmp_path / "cache" / "downloads").mkdir(parents=True)
    shutil.copy(ROOT / "scripts/setup", tmp_path / "scripts/setup")
    (tmp_path / "scripts/packages.apt").write_text("[build]\nno-such-package bash\n")
    (tmp_path / "package").mkdir()
    (tmp_path / "package/libduckdb.so").write_text("library\n")
    tgz = tmp_path / "cache/downloads/lib.tgz"
    subprocess.run(["tar", "-czf", str(tgz), "package/libduckdb.so"], cwd=tmp_path, check=True)
    digest = subprocess.run(["sha256sum", str(tgz)], capture_output=True, text=True, check=True).stdout.split()[0]
    (tmp_path / "scripts/pins").write_text(f"# comment\n{MACHINE} npm lib@1 lib.tgz {digest}\nother npm x@1 x.tgz 00\n")
    return tmp_path


def setup(tree, *args, **env):
    # No way to the network: whatever is called as npm, pip or apt-get fails.
    bin_dir = tree / "bin"
    bin_dir.mkdir(exist_ok=True)
    for name in ("npm", "apt-get", "sudo"):
        (bin_dir / name).write_text("#!/bin/sh\nexit 1\n")
        (bin_dir / name).chmod(0o755)
    env = {**os.environ, "SECCHI_CACHE": str(tree / "cache"), "BUILD": "build", "PATH": f"{bin_dir}:{os.environ['PATH']}", **env}
    begin = time.monotonic()
    p = subprocess.run(["scripts/setup", *args], cwd=tree, capture_output=True, text=True, timeout=60, env=env)
    return p.returncode, p.stderr, time.monotonic() - begin


def test_unpacks_from_the_cache_and_is_quick_again(tree):
    code, err, _ = setup(tree)
    assert (code, err) == (0, "")
    assert (tree / "build/lib/secchi/libduckdb.so").read_text() == "library\n"
    shutil.rmtree(tree / "cache/downloads")
    code, err, seconds = setup(tree)
    assert (code, err) == (0, "") and seconds < 1
    (tree / "build/lib/secchi/libduckdb.so").unlink()
    code, err, _ = setup(tree)
    assert code == 1 and "npm cannot fetch lib@1" in err


def test_a_changed_download_is_one_line(tree):
    with open(tree / "cache/downloads/lib.tgz", "ab") as f:
        f.write(b"x")
    code, err, _ = setup(tree)
    assert code == 1 and len(err.splitlines()) == 1
    assert "wrong checksum" in err and "lib.tgz" in err
    assert not (tree / "build/lib/secchi/libduckdb.so").exists()


def test_a_changed_pin_is_noticed(tree):
    assert setup(tree)[0] == 0
    pins = tree / "scripts/pins"
    pins.write_text(pins.read_text().replace(MACHINE + " npm lib@1 lib.tgz ", MACHINE + " npm lib@1 lib.tgz 0"))
    code, err, _ = setup(tree)
    assert code == 1 and "wrong checksum" in err


def test_missing_packages_are_named(tree):
    (tree / "scripts/packages.apt").write_text("[build]\nno-such-package\nother no-such-command\n[test]\nthird\n")
    code, err, _ = setup(tree, SECCHI_NO_APT="1")
    assert code == 1 and err == "setup: missing packages: no-such-package other \n"
    code, err, _ = setup(tree, "test", SECCHI_NO_APT="1")
    assert code == 1 and "no-such-package other third" in err


def test_unknown_group(tree):
    code, err, _ = setup(tree, "everything")
    assert code == 1 and len(err.splitlines()) == 1 and "everything" in err
