"""The peer of bench_functions: queries in DuckDB's own SQL (bench/functions) on one open connection to a copy of the warehouse.

    peer_functions.py DATABASE MEMORY_LIMIT

Reads one JSON object a line from standard input: {"file": path, "params": {name: value}, "into": path or null}. Runs the query of the file
and answers {"seconds": from text to Arrow table} after writing the rows to `into` as an Arrow stream, or {"error": text}.
"""
import json
import pathlib
import sys
import time

import duckdb
import pyarrow.ipc


def answer(con, request):
    sql = pathlib.Path(request["file"]).read_text()
    start = time.perf_counter()
    table = con.execute(sql, request["params"] or None).to_arrow_table()
    seconds = time.perf_counter() - start
    if request["into"]:
        with pyarrow.ipc.new_stream(request["into"], table.schema) as writer:
            writer.write_table(table)
    return {"seconds": seconds}


def main():
    database, memory = sys.argv[1:]
    con = duckdb.connect(database, read_only=True, config={"memory_limit": memory})
    con.execute("SET TimeZone = 'UTC'; SET default_null_order = 'nulls_first_on_asc_last_on_desc'")
    for line in sys.stdin:
        try:
            told = answer(con, json.loads(line))
        except duckdb.Error as e:  # told by the bench with the name of the function
            told = {"error": str(e)}
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
