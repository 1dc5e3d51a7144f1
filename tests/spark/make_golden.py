"""Writes tests/golden/spark: messages of Spark Connect as PySpark's own protobuf makes them, for tests/unit/test_spark_proto.c.

    ~/.cache/secchi/spark/4.2/venv/bin/python tests/spark/make_golden.py
"""
import pathlib

import pyspark.sql.connect.proto as proto
from google.protobuf.message import Message

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "golden" / "spark"
SESSION, OPERATION, SERVER = "00000000-1111-4222-8333-444444444444", "55555555-6666-4777-8888-999999999999", "server-session"
WHO = {"session_id": SESSION, "user_context": proto.UserContext(user_id="ada", user_name="ada"), "client_type": "secchi test"}
SEEN = {**WHO, "client_observed_server_side_session_id": SERVER}


def put(name: str, message: Message):
    (FOLDER / f"{name}.bin").write_bytes(message.SerializeToString(deterministic=True))


def sql(text: str):
    return proto.Relation(sql=proto.SQL(query=text))


def execute(plan: proto.Plan):
    option = proto.ExecutePlanRequest.RequestOption(reattach_options=proto.ReattachOptions(reattachable=True))
    return proto.ExecutePlanRequest(plan=plan, operation_id=OPERATION, request_options=[option], **SEEN)


def requests():
    query = proto.Plan(root=sql("SELECT 'ä'"))
    put("execute_query", execute(query))
    put("execute_command", execute(proto.Plan(command=proto.Command(sql_command=proto.SqlCommand(input=sql("DROP TABLE t"))))))
    rows = proto.Relation(local_relation=proto.LocalRelation(data=b"rows\0of\0arrow" * 20, schema="a INT"))
    append = proto.WriteOperationV2(input=rows, table_name="`c`.`s`.`t`", mode=proto.WriteOperationV2.MODE_APPEND)
    put("execute_append", execute(proto.Plan(command=proto.Command(write_operation_v2=append))))
    table = proto.WriteOperation.SaveTable(table_name="`s`.`t`", save_method=proto.WriteOperation.SaveTable.TABLE_SAVE_METHOD_SAVE_AS_TABLE)
    create = proto.WriteOperation(input=rows, source="parquet", table=table, mode=proto.WriteOperation.SAVE_MODE_APPEND)
    put("execute_create", execute(proto.Plan(command=proto.Command(write_operation=create))))
    put("reattach", proto.ReattachExecuteRequest(operation_id=OPERATION, last_response_id="r7", **SEEN))
    release = proto.ReleaseExecuteRequest(operation_id=OPERATION, **SEEN)
    release.release_all.SetInParent()
    put("release", release)
    by = proto.InterruptRequest.INTERRUPT_TYPE_OPERATION_ID
    put("interrupt", proto.InterruptRequest(interrupt_type=by, operation_id=OPERATION, **SEEN))
    put("release_session", proto.ReleaseSessionRequest(**WHO))
    pairs = [proto.KeyValue(key="spark.a", value="1"), proto.KeyValue(key="spark.b", value="")]
    put("config", proto.ConfigRequest(operation=proto.ConfigRequest.Operation(set=proto.ConfigRequest.Set(pairs=pairs)), **WHO))
    put("analyze_schema", proto.AnalyzePlanRequest(schema=proto.AnalyzePlanRequest.Schema(plan=query), **SEEN))
    named = proto.Relation(read=proto.Read(named_table=proto.Read.NamedTable(unparsed_identifier="`s`.`t`")))
    put("analyze_table", proto.AnalyzePlanRequest(schema=proto.AnalyzePlanRequest.Schema(plan=proto.Plan(root=named)), **SEEN))
    version = proto.AnalyzePlanRequest(**SEEN)
    version.spark_version.SetInParent()
    put("analyze_version", version)


def data_type():
    d = proto.DataType
    inner = d(struct=d.Struct(fields=[
        d.StructField(name="x", data_type=d(integer=d.Integer())),
        d.StructField(name="odd name", data_type=d(decimal=d.Decimal(precision=12, scale=3)))]))
    mapped = d(map=d.Map(key_type=d(string=d.String()), value_type=d(array=d.Array(element_type=inner))))
    kinds = {
        "b": d(boolean=d.Boolean()), "i": d(integer=d.Integer()), "l": d(long=d.Long()), "f": d(double=d.Double()), "s": d(string=d.String()),
        "t": d(timestamp=d.Timestamp()), "n": d(timestamp_ntz=d.TimestampNTZ()), "d": d(date=d.Date()), "v": d(null=d.NULL()), "m": mapped,
    }
    return d(struct=d.Struct(fields=[d.StructField(name=k, data_type=v, nullable=k != "l") for k, v in kinds.items()]))


def answers():
    who = {"session_id": SESSION, "server_side_session_id": SERVER}
    answer = {**who, "operation_id": OPERATION}
    put("answer_schema", proto.ExecutePlanResponse(response_id="r1", schema=data_type(), **answer))
    batch = proto.ExecutePlanResponse.ArrowBatch(row_count=3, data=b"arrow\0bytes", start_offset=0)
    put("answer_batch", proto.ExecutePlanResponse(response_id="r2", arrow_batch=batch, **answer))
    local = proto.Relation(local_relation=proto.LocalRelation(data=b"local\0rows"))
    result = proto.ExecutePlanResponse.SqlCommandResult(relation=local)
    put("answer_command", proto.ExecutePlanResponse(response_id="r3", sql_command_result=result, **answer))
    stage = proto.ExecutePlanResponse.ExecutionProgress.StageInfo
    stages = [stage(stage_id=1, num_tasks=8, num_completed_tasks=8, done=True), stage(stage_id=2, num_tasks=4, num_completed_tasks=1)]
    put("answer_progress", proto.ExecutePlanResponse(execution_progress=proto.ExecutePlanResponse.ExecutionProgress(stages=stages), **answer))
    done = proto.ExecutePlanResponse.ResultComplete()
    put("answer_complete", proto.ExecutePlanResponse(response_id="r5", result_complete=done, **answer))
    put("answer_analyzed", proto.AnalyzePlanResponse(schema=proto.AnalyzePlanResponse.Schema(schema=data_type()), **who))
    put("answer_version", proto.AnalyzePlanResponse(spark_version=proto.AnalyzePlanResponse.SparkVersion(version="4.2.0"), **who))
    put("answer_config", proto.ConfigResponse(**who))


FOLDER.mkdir(parents=True, exist_ok=True)
requests()
answers()
