"""A Spark Connect server that answers wrongly, run by the Python of Spark, which has grpc: spark_engine_fake.py PORT_FILE MODE."""
import pathlib
import sys
import threading
from concurrent import futures

import grpc
import pyspark.sql.connect.proto as proto

MODE = sys.argv[2]
SERVICE = "spark.connect.SparkConnectService"


def config(request, context):
    return proto.ConfigResponse(session_id="s", server_side_session_id="x").SerializeToString()


def analyze(request, context):
    answer = proto.AnalyzePlanResponse(session_id="s", spark_version=proto.AnalyzePlanResponse.SparkVersion(version="4.2.0"))
    return answer.SerializeToString()


def execute(request, context):
    whole = proto.ExecutePlanResponse(arrow_batch=proto.ExecutePlanResponse.ArrowBatch(row_count=1, data=b"\xff\xff\xff\xff\x40\0\0\0no arrow"))
    if MODE == "bytes":
        yield b"\xff\xff\xff\xff\xff"
    elif MODE == "cut":
        yield whole.SerializeToString()[:-4]
    elif MODE == "arrow":
        yield whole.SerializeToString()
    elif MODE == "silent":
        return


def forget(request, context):
    return b""


server = grpc.server(futures.ThreadPoolExecutor(4))
unary, stream = grpc.unary_unary_rpc_method_handler, grpc.unary_stream_rpc_method_handler
server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(SERVICE, {
    "Config": unary(config), "AnalyzePlan": unary(analyze), "ExecutePlan": stream(execute), "ReattachExecute": stream(execute),
    "Interrupt": unary(forget), "ReleaseExecute": unary(forget), "ReleaseSession": unary(forget)})])
port = server.add_insecure_port("127.0.0.1:0")
server.start()
pathlib.Path(sys.argv[1]).write_text(str(port))
threading.Event().wait()
