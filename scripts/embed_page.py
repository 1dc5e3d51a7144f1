#!/usr/bin/env python3
"""Embeds the built page: embed_page.py SOURCE_ROOT TARGET.S

Writes assembly that holds every file of web/dist, compressed once where that helps, and the table `page_assets` of them
(see src/server/assets.c). Builds the page first when web/dist is missing. The target is only touched when it changes.
"""

import gzip
import hashlib
import os
import pathlib
import subprocess
import sys


def quoted(text):
    return '"' + str(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def write_if_changed(path, data):
    if not path.exists() or path.read_bytes() != data:
        path.write_bytes(data)


def main():
    root, target = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    dist, blobs = root / "web" / "dist", target.parent / (target.name + ".blobs")
    if (root / "web" / "index.html").exists() and not (dist / "index.html").exists():
        environment = dict(os.environ, BUILD=os.environ.get("BUILD", str(root / "build")))
        subprocess.run([str(root / "scripts" / "build-page")], check=True, env=environment)
    blobs.mkdir(exist_ok=True)
    files = sorted(p for p in dist.rglob("*") if p.is_file() and not p.name.startswith(".")) if dist.is_dir() else []
    text, table = [".section .rodata\n"], []
    for number, path in enumerate(files):
        raw = path.read_bytes()
        small = gzip.compress(raw, 9, mtime=0)
        packed = len(small) < len(raw)
        digest = hashlib.sha256(raw).hexdigest()[:32]
        blob = blobs / digest
        write_if_changed(blob, small if packed else raw)
        text.append(f".Lname{number}: .asciz {quoted(path.relative_to(dist).as_posix())}\n.Ltag{number}: .asciz {quoted(digest)}\n")
        text.append(f".balign 16\n.Ldata{number}: .incbin {quoted(blob)}\n.Lend{number}: .byte 0\n")
        table.append(f".quad .Lname{number}, .Ltag{number}, .Ldata{number}, .Lend{number} - .Ldata{number}, {len(raw)}, {int(packed)}\n")
    text.append('.section .data.rel.ro,"aw"\n.balign 8\n.globl page_assets\npage_assets:\n')
    text += table
    text.append(".quad 0, 0, 0, 0, 0, 0\n")
    text.append('.section .note.GNU-stack,"",@progbits\n')
    write_if_changed(target, "".join(text).encode())


main()
