"""A real Spark as the warehouse of server.py: statements in, results as Arrow streams out. Started by backend.py with the Python of scripts/spark-setup.

Reads one JSON object a line from standard input:
  {"id": text, "sql": text, "parameters": [{"name", "value", "type"}], "schema": text or null, "into": path}
  {"cancel": id}
Statements run side by side, each in a session of its own. Answers one a line, in the order in which they end:
  {"id", "rows", "columns": [{"name", "type", "json"}]}   after the result was written to `into` (no columns: the statement has none)
  {"id", "error", "state"}                                 what Spark says, SQLSTATE or null
"""
import json
import logging
import os
import pathlib
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "differential"))

from run_dialect import session  # noqa: E402

SETTINGS = {
    "spark.sql.legacy.parameterSubstitution.constantsOnly": "true",  # Delta's parser binds no parameters otherwise
    "spark.sql.codegen.wholeStage": "false",  # small tables: making code takes longer than running it, and such code does not hear of a cancel
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
}


class Worker:
    def __init__(self, work, answers):
        logging.disable(logging.CRITICAL)
        self.spark, self.answers, self.lock = session(work), answers, threading.Lock()
        self.ended = set()

    def tell(self, answer):
        with self.lock:
            print(json.dumps(answer), file=self.answers, flush=True)

    def literal(self, session, parameter):
        """A parameter as the literal of exactly its type: what the optimiser makes of a cast."""
        value = "NULL" if parameter["value"] is None else "'" + parameter["value"].replace("\\", "\\\\").replace("'", "\\'") + "'"
        plan = session.sql(f"SELECT CAST({value} AS {parameter['type']}) AS v")._jdf.queryExecution().optimizedPlan()
        expression = plan.expressions().head().child()
        from pyspark.sql.classic.column import Column

        return Column(self.spark._jvm.org.apache.spark.sql.classic.ExpressionUtils.column(expression))

    def run(self, request):
        import pyarrow.ipc

        session = self.spark.newSession()
        self.spark.sparkContext.setJobGroup(request["id"], "", interruptOnCancel=True)  # of this thread
        for key, value in SETTINGS.items():
            session.conf.set(key, value)
        if request["schema"]:
            session.sql(f"USE SCHEMA `{request['schema']}`")
        arguments = {p["name"]: self.literal(session, p) for p in request["parameters"]}
        frame = session.sql(request["sql"], args=arguments) if arguments else session.sql(request["sql"])
        columns = [{"name": f.name, "type": f.dataType.simpleString(), "json": f.dataType.jsonValue()} for f in frame.schema.fields]
        if not columns:
            return {"rows": 0, "columns": []}
        table = frame.toArrow()
        with pyarrow.ipc.new_stream(request["into"], table.schema) as out:
            out.write_table(table)
        return {"rows": table.num_rows, "columns": columns}

    def answer(self, request):
        try:
            told = self.run(request)
        except Exception as e:  # noqa: BLE001: whatever Spark says goes back to the client
            state = getattr(e, "getSqlState", lambda: None)()
            told = {"error": str(e), "state": state}
        self.ended.add(request["id"])
        self.tell({"id": request["id"], **told})

    def cancel(self, identity):
        """Until it has ended: a statement that is only about to begin is not hit."""
        while identity not in self.ended:
            self.spark.sparkContext.cancelJobGroup(identity)
            time.sleep(0.2)


def main():
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what Spark prints is not an answer
    worker = Worker(pathlib.Path(sys.argv[1]), answers)
    worker.tell({"ready": worker.spark.version})
    for line in sys.stdin:
        request = json.loads(line)
        if "cancel" in request:
            work, given = worker.cancel, request["cancel"]
        else:
            work, given = worker.answer, request
        threading.Thread(target=work, args=[given], daemon=True).start()
    os._exit(0)


if __name__ == "__main__":
    main()
