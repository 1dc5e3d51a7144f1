"""The Statement Execution API 2.0 as docs.databricks.com/api/workspace/statementexecution describes it: requests, states, results.

A request with a field that is not documented, or a value outside of what is, is refused.
"""
import datetime
import json
import re
import secrets
import threading
import time

from backend import SqlError
from results import Result

INLINE_BYTES = 25 << 20
TEXT_BYTES = 16 << 20
LINK_SECONDS = 15 * 60
FIELDS = {"statement": str, "warehouse_id": str, "catalog": str, "schema": str, "parameters": list, "row_limit": int, "byte_limit": int,
          "disposition": str, "format": str, "wait_timeout": str, "on_wait_timeout": str, "query_tags": list}
CHOICES = {"disposition": ("INLINE", "EXTERNAL_LINKS"), "format": ("JSON_ARRAY", "ARROW_STREAM", "CSV"), "on_wait_timeout": ("CONTINUE", "CANCEL")}
ENDED = ("SUCCEEDED", "FAILED", "CANCELED", "CLOSED")


class ApiError(Exception):
    def __init__(self, status, code, message, headers=()):
        super().__init__(message)
        self.status, self.code, self.headers = status, code, dict(headers)


def wrong(message):
    return ApiError(400, "INVALID_PARAMETER_VALUE", message)


def known_fields(given, known, what):
    for name in given:
        if name not in known:
            raise wrong(f"{what} has no field '{name}'")


def check_item(item, what, known, required):
    if not isinstance(item, dict):
        raise wrong(f"{what} must be objects")
    known_fields(item, known, what)
    for name, value in item.items():
        if value is not None and not isinstance(value, str):
            raise wrong(f"{name} of {what} must be a string")
    if not item.get(required):
        raise wrong(f"{what} need a {required}")


def check_request(body):
    """The request with its defaults."""
    if not isinstance(body, dict):
        raise ApiError(400, "MALFORMED_REQUEST", "the body must be an object")
    known_fields(body, FIELDS, "the request")
    for name, value in body.items():
        if not isinstance(value, FIELDS[name]) or isinstance(value, bool):
            raise wrong(f"{name} must be a {FIELDS[name].__name__}")
        if name in CHOICES and value not in CHOICES[name]:
            raise wrong(f"{name} must be one of {', '.join(CHOICES[name])}, found '{value}'")
    for name in ("statement", "warehouse_id"):
        if not body.get(name, "").strip():
            raise wrong(f"{name} is required")
    if len(body["statement"].encode()) > TEXT_BYTES:
        raise wrong(f"the statement is longer than {TEXT_BYTES} bytes")
    for name in ("row_limit", "byte_limit"):
        if name in body and body[name] < 1:
            raise wrong(f"{name} must be positive")
    for p in body.get("parameters", []):
        check_item(p, "parameters", ("name", "value", "type"), "name")
        if re.match(r"\s*(ARRAY|MAP|STRUCT)\b", p.get("type") or "", re.I):
            raise wrong(f"parameter {p['name']}: complex types are not supported")
    for tag in body.get("query_tags", []):
        check_item(tag, "query_tags", ("key", "value"), "key")
    asked = {"disposition": "INLINE", "format": "JSON_ARRAY", "wait_timeout": "10s", "on_wait_timeout": "CONTINUE", **body}
    wait = re.fullmatch(r"(\d+)s", asked["wait_timeout"])
    if not wait or not (int(wait[1]) == 0 or 5 <= int(wait[1]) <= 50):
        raise wrong(f"wait_timeout must be 0s or 5s to 50s, found '{asked['wait_timeout']}'")
    if asked["disposition"] == "INLINE" and asked["format"] != "JSON_ARRAY":
        raise wrong(f"the format {asked['format']} needs the disposition EXTERNAL_LINKS")
    asked["wait_s"] = int(wait[1])
    return asked


class Statement:
    """One statement: PENDING, RUNNING, then one of ENDED. All under `changed`."""

    def __init__(self, owner, asked):
        self.id, self.owner, self.asked = f"01f0{secrets.token_hex(14)}", owner, asked
        self.changed = threading.Condition()
        self.state, self.error, self.sql_state, self.result = "PENDING", None, None, None
        self.cancelled = self.sent = False
        self.thread = threading.Thread(target=self.run, daemon=True)

    def move(self, state, **more):
        with self.changed:
            if self.state in ENDED and not (state == "CLOSED" and self.state == "SUCCEEDED"):
                return False
            self.state = state
            self.__dict__.update(more)
            self.changed.notify_all()
            return True

    def fail(self, code, message, state=None):
        self.move("FAILED", error={"error_code": code, "message": message}, sql_state=state)

    def run(self):
        faults = self.owner.settings
        self.pause(faults["pending_s"])
        if not self.move("RUNNING"):
            return
        self.pause(faults["running_s"])
        if faults["fail_code"]:
            self.fail(faults["fail_code"], "the warehouse failed on request")
            return
        parameters = [{"name": p["name"], "value": p.get("value"), "type": p.get("type") or "STRING"} for p in self.asked.get("parameters", [])]
        try:
            with self.changed:
                if self.state in ENDED:
                    return
                self.sent = True
            columns, path = self.owner.backend.run(self.id, self.asked["statement"], parameters, self.asked.get("catalog", "main"), self.asked.get("schema"))
            result = Result(columns, path, faults["chunk_rows"], self.asked.get("row_limit"), self.asked.get("byte_limit")) if columns else None
        except SqlError as e:
            if self.cancelled:
                self.move("CANCELED")
            else:
                self.fail("BAD_REQUEST", str(e), e.state)
            return
        if result and self.asked["disposition"] == "INLINE" and result.table.nbytes > INLINE_BYTES:
            self.fail("BAD_REQUEST", f"the result is larger than the {INLINE_BYTES} bytes of the disposition INLINE; use EXTERNAL_LINKS")
            return
        self.move("SUCCEEDED", result=result)

    def pause(self, seconds):
        with self.changed:
            self.changed.wait_for(lambda: self.state in ENDED, seconds)

    def wait(self, seconds):
        with self.changed:
            return self.changed.wait_for(lambda: self.state in ENDED, seconds)

    def cancel(self):
        with self.changed:
            running, self.cancelled = self.sent, True
        if self.move("CANCELED") and running:
            self.owner.backend.cancel(self.id)

    # ---- answers

    def link(self, index):
        """Where a chunk lies: a URL that is good for some minutes."""
        key = secrets.token_urlsafe(24)
        expires = time.time() + self.owner.settings["link_s"]
        headers = {"x-storage-key": secrets.token_hex(8)} if self.owner.settings["link_headers"] else {}
        self.owner.links[key] = {"statement": self, "chunk": index, "expires": expires, "headers": headers}
        at = datetime.datetime.fromtimestamp(expires, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        link = {"external_link": f"{self.owner.storage}/results/{self.id}/{index}?signature={key}", "expiration": at}
        return {**link, "http_headers": headers} if headers else link

    def chunk(self, index):
        """The fields of a chunk in a response."""
        if self.state == "CLOSED" or not self.result:
            raise ApiError(404, "NOT_FOUND", f"the statement {self.id} has no result to fetch, its state is {self.state}")
        r = self.result
        if index >= len(r.chunks):
            if index:
                raise wrong(f"there is no chunk {index}, the result has {len(r.chunks)}")
            return {"data_array": []} if self.asked["disposition"] == "INLINE" else {}
        told = r.place(index)
        if index + 1 < len(r.chunks):
            told["next_chunk_index"] = index + 1
            told["next_chunk_internal_link"] = f"/api/2.0/sql/statements/{self.id}/result/chunks/{index + 1}?row_offset={(index + 1) * r.chunk_rows}"
        if self.asked["disposition"] == "INLINE":
            return {**told, "data_array": json.loads(r.bytes_of(index, "JSON_ARRAY"))}
        told["byte_count"] = len(r.bytes_of(index, self.asked["format"]))
        return {"external_links": [{**told, **self.link(index)}]}

    def response(self):
        with self.changed:
            status = {"state": self.state}
            if self.error:
                status["error"] = self.error
                if self.sql_state:
                    status["sql_state"] = self.sql_state
            told = {"statement_id": self.id, "status": status}
            if self.state == "SUCCEEDED" and self.result:
                told["manifest"] = self.result.manifest(self.asked["disposition"], self.asked["format"])
                told["result"] = self.chunk(0)
            elif self.state == "SUCCEEDED":
                told["manifest"] = {"format": self.asked["format"], "schema": {"column_count": 0, "columns": []}, "total_chunk_count": 0, "total_row_count": 0,
                                    "truncated": False}
                told["result"] = {}
            return told
