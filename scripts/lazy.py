#!/usr/bin/env python3
"""Lets sources call a shared library that is loaded only when it is needed: lazy.py NAME HEADER FOLDER SOURCE...

Sources include lazy_NAME.h in place of HEADER and are not linked to the library. Functions begin with the last part of NAME
(curl_... for curl and for engine_curl, as two rooms name theirs). Each that the sources call is looked up by lazy_NAME_load, which comes before the first call. Written into FOLDER are
  lazy_NAME.h   a struct of pointers, each of the type that HEADER declares, and a macro per function that leads to its pointer
  lazy_NAME.c   the names, in the order of the pointers, and lazy_NAME_load
"""
import pathlib
import re
import sys

HEADER = """#include <{header}>
#include "base/base.h"

extern struct lazy_{name} {{
{pointers}
}} lazy_{name};

/* Loads the library from the file; what is loaded stays so. Any thread may call it. See lazy_load. */
int lazy_{name}_load(const char *file, struct error *err) MUST_CHECK;

{macros}
"""

SOURCE = """#include "lazy_{name}.h"

struct lazy_{name} lazy_{name};

int lazy_{name}_load(const char *file, struct error *err)
{{
    static const char *const names[] = {{
{names}
    }};
    static bool loaded;
    return lazy_load(file, names, ARRAY_LEN(names), (void **)&lazy_{name}, &loaded, err);
}}
"""


def main():
    name, header, folder = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    text = "".join(pathlib.Path(p).read_text() for p in sys.argv[4:])
    code = re.sub(r'"(?:\\.|[^"\\\n])*"|/\*.*?\*/', " ", text, flags=re.S)
    prefix = name.split("_")[-1]
    functions = sorted(set(re.findall(rf"\b{prefix}_\w+(?=\()", code)))
    if not functions:
        sys.exit(f"lazy.py: no source calls a function {prefix}_...")

    def each(line):
        return "\n".join(line.format(f=f, name=name) for f in functions)

    (folder / f"lazy_{name}.h").write_text("#pragma once\n" + HEADER.format(
        name=name, header=header, pointers=each("    __typeof__({f}) *{f};"), macros=each("#undef {f}\n#define {f} lazy_{name}.{f}")))
    (folder / f"lazy_{name}.c").write_text(SOURCE.format(name=name, names=each('        "{f}",')))


main()
