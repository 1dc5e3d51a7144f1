#!/usr/bin/env python3
"""Turns a text file into a C string: embed.py PREFIX INPUT OUTPUT makes `const char PREFIX_sql_<stem>[]`."""
import pathlib
import re
import sys


def main():
    prefix, source, target = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    name = f"{prefix}_{source.suffix[1:]}_{re.sub(r'[^A-Za-z0-9]', '_', source.stem)}"
    data = source.read_bytes()
    rows = [", ".join(str(b) for b in data[i : i + 32]) for i in range(0, len(data), 32)]
    body = ",\n    ".join(rows + ["0"])
    target.write_text(f"extern const char {name}[];\nconst char {name}[] = {{\n    {body}}};\n")


main()
