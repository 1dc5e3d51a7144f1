"""A workspace of Databricks for tests: it speaks the documented protocol and runs the SQL on a real Spark.

    with Backend(folder) as backend, Workspace(backend, folder) as w:
        w.host, w.token, w.client_id, w.client_secret, w.warehouse_id

What it has: Statement Execution 2.0, warehouses (list, get), Files, SCIM (Me, Users), OAuth machine to machine, personal tokens.
Nothing is more lenient than the documentation: what a request has beyond it is refused. Faults are asked for by POST /control:

    {"do": "fault", "path": REGEX, "method": "POST", "times": 2, "status": 429, "headers": {"Retry-After": "1"}}   answers that instead
    {"do": "fault", .., "drop": "before"}   closes the connection without looking; "after": does what is asked, then closes it;
                                            "middle": breaks off in the middle of the answer
    {"do": "fault", .., "delay_s": 1.5}     answers later
    {"do": "set", "pending_s": 1, ..}       a setting of SETTINGS
    {"do": "expire_links"} {"do": "expire_tokens"} {"do": "close_results"} {"do": "reset"}
    GET /control                            the requests so far: method, path, status, body, whether there was an Authorization

It is started alone, over a Spark of its own, by `server.py FOLDER`, which prints how to reach it and ends with its standard input.
"""
import base64
import hmac
import http.server
import json
import pathlib
import re
import secrets
import sys
import threading
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from files import Files  # noqa: E402
from statements import LINK_SECONDS, ApiError, Statement, check_request, known_fields, wrong  # noqa: E402

SETTINGS = {"pending_s": 0, "running_s": 0, "chunk_rows": 100000, "link_s": LINK_SECONDS, "link_headers": False, "token_s": 3600, "fail_code": None,
            "deaf_to_cancel": 0, "no_external_links": False}
WORKSPACE_ID = "7405612345678901"


class Workspace:
    def __init__(self, backend, folder, users=()):
        self.backend, self.users = backend, list(users)
        self.files = Files(pathlib.Path(folder) / "volumes")
        self.warehouse_id = "1234567890abcdef"
        self.token = "dapi" + secrets.token_hex(16)
        self.client_id, self.client_secret = "b5a2c1e0-0000-4000-8000-" + secrets.token_hex(6), "dose" + secrets.token_hex(16)
        self.lock = threading.Lock()
        self.reset()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Handler,), {"workspace": self}))
        self.server.daemon_threads = True
        self.host = f"http://127.0.0.1:{self.server.server_port}"
        self.storage = f"http://localhost:{self.server.server_port}"  # another host than the workspace's
        threading.Thread(target=self.server.serve_forever, args=[0.05], daemon=True).start()

    def reset(self):
        self.settings, self.faults, self.log = dict(SETTINGS), [], []
        self.statements, self.links, self.tokens = {}, {}, {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    # ---- control

    def control(self, order):
        what = order.pop("do")
        if what == "fault":
            with self.lock:
                self.faults.append({"path": ".", "method": None, "times": 1, "status": None, "headers": {}, "drop": None, "delay_s": 0, "body": None, **order})
        elif what == "set":
            known_fields(order, SETTINGS, "the settings")
            self.settings.update(order)
        elif what == "expire_links":
            for link in self.links.values():
                link["expires"] = 0
        elif what == "expire_tokens":
            for token in self.tokens:
                self.tokens[token] = 0
        elif what == "close_results":
            for s in self.statements.values():
                s.move("CLOSED")
        elif what == "reset":
            self.reset()
        else:
            raise wrong(f"cannot '{what}'")
        return {}

    def fault_of(self, method, path):
        with self.lock:
            for f in self.faults:
                if f["times"] > 0 and f["method"] in (None, method) and re.search(f["path"], path):
                    f["times"] -= 1
                    return f
        return None

    # ---- credentials

    def oauth_token(self, headers, form):
        known_fields(form, ("grant_type", "scope", "client_id", "client_secret"), "the form")
        kind, _, basic = headers.get("Authorization", "").partition(" ")
        given = base64.b64decode(basic).decode().partition(":")[::2] if kind == "Basic" else (form.get("client_id", ""), form.get("client_secret", ""))
        good = hmac.compare_digest(given[0], self.client_id) and hmac.compare_digest(given[1], self.client_secret)
        if form.get("grant_type") != "client_credentials":
            return 400, {"error": "unsupported_grant_type", "error_description": "grant_type must be client_credentials"}
        if form.get("scope", "all-apis") != "all-apis":
            return 400, {"error": "invalid_scope", "error_description": "the scope must be all-apis"}
        if not good:
            return 401, {"error": "invalid_client", "error_description": "Client authentication failed"}
        token = "eyJ" + secrets.token_urlsafe(32)
        self.tokens[token] = time.time() + self.settings["token_s"]
        return 200, {"access_token": token, "token_type": "Bearer", "scope": "all-apis", "expires_in": self.settings["token_s"]}

    def authorize(self, headers):
        kind, _, token = headers.get("Authorization", "").partition(" ")
        if kind != "Bearer" or not token:
            raise ApiError(401, "UNAUTHENTICATED", "Credential was not sent or was of an unsupported type for this API.")
        if hmac.compare_digest(token, self.token):
            return
        if token not in self.tokens:
            raise ApiError(403, "PERMISSION_DENIED", "Invalid access token.")
        if self.tokens[token] < time.time():
            raise ApiError(401, "UNAUTHENTICATED", "The access token has expired.")

    # ---- the APIs

    def execute(self, body):
        asked = check_request(body)
        if asked["warehouse_id"] != self.warehouse_id:
            raise ApiError(404, "NOT_FOUND", f"there is no SQL warehouse {asked['warehouse_id']}")
        if asked["disposition"] == "EXTERNAL_LINKS" and self.settings["no_external_links"]:
            raise wrong("the disposition EXTERNAL_LINKS is disabled in this workspace")
        if asked.get("catalog", "main") not in self.backend.catalogs:
            raise wrong(f"there is no catalog {asked['catalog']}")
        s = Statement(self, asked)
        self.statements[s.id] = s
        s.thread.start()
        if asked["wait_s"] and not s.wait(asked["wait_s"]) and asked["on_wait_timeout"] == "CANCEL":
            s.cancel()
        return s.response()

    def statement(self, identity):
        if identity not in self.statements:
            raise ApiError(404, "NOT_FOUND", f"The statement {identity} was not found.")
        return self.statements[identity]

    def cancel(self, identity, body):
        known_fields(body or {}, ("statement_id",), "the request")
        s = self.statement(identity)
        if self.settings["deaf_to_cancel"]:
            self.settings["deaf_to_cancel"] -= 1
        else:
            s.cancel()
        return {}

    def warehouse(self, identity=None):
        one = {"id": self.warehouse_id, "name": "Conformance", "cluster_size": "2X-Small", "state": "RUNNING", "warehouse_type": "PRO",
               "enable_serverless_compute": True, "num_clusters": 1,
               "odbc_params": {"hostname": self.host.partition("//")[2], "path": f"/sql/1.0/warehouses/{self.warehouse_id}", "protocol": "https", "port": 443}}
        if identity is None:
            return {"warehouses": [one]}
        if identity != self.warehouse_id:
            raise ApiError(404, "RESOURCE_DOES_NOT_EXIST", f"SQL warehouse {identity} does not exist.")
        return one

    def me(self):
        return {"id": "1001", "userName": "someone@example.com", "displayName": "Someone", "active": True, "emails": [{"value": "someone@example.com", "primary": True}]}

    def list_users(self, query):
        known_fields(query, ("startIndex", "count", "attributes", "excludedAttributes", "filter", "sortBy", "sortOrder"), "the query")
        start, count = int(query.get("startIndex", 1)), int(query.get("count", 100))
        page = self.users[start - 1:start - 1 + count]
        return {"totalResults": len(self.users), "startIndex": start, "itemsPerPage": len(page), "Resources": page,
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"]}

    def stored(self, path, query, headers):
        """A chunk from the storage behind the links, which knows no Authorization."""
        link = self.links.get(query.get("signature"))
        if "Authorization" in headers:
            return 400, b"<Error><Code>InvalidArgument</Code><Message>Only one auth mechanism allowed</Message></Error>"
        if not link or not path.endswith(f"/{link['statement'].id}/{link['chunk']}"):
            return 403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>"
        if link["expires"] < time.time():
            return 403, b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"
        if any(headers.get(k) != v for k, v in link["headers"].items()):
            return 403, b"<Error><Code>AccessDenied</Code><Message>a header is missing</Message></Error>"
        return 200, link["statement"].result.bytes_of(link["chunk"], link["statement"].asked["format"])


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    workspace = None

    def log_message(self, *_):
        pass

    def handle_one_request(self):
        try:
            super().handle_one_request()
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def body(self):
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        return data

    def answer(self, status, body=b"", headers=()):
        fault = self.fault or {}
        if fault.get("drop") == "after":
            self.close_connection = True
            return
        if isinstance(body, (dict, list)):
            body, headers = json.dumps(body).encode(), {"Content-Type": "application/json", **dict(headers)}
        self.entry["status"] = status
        self.send_response(status)
        for name, value in dict(headers).items():
            self.send_header(name, value)
        if status != 204 and "Content-Length" not in dict(headers):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if fault.get("drop") == "middle":
            self.wfile.write(body[:len(body) // 2])
            self.close_connection = True
        elif self.command != "HEAD":
            self.wfile.write(body)

    def serve(self):
        w = self.workspace
        url = urllib.parse.urlsplit(self.path)
        path, query = urllib.parse.unquote(url.path), dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
        data = self.body()
        self.fault = None
        self.entry = {"method": self.command, "path": self.path, "status": None, "authorization": "Authorization" in self.headers, "at": time.time(),
                      "body": data.decode(errors="replace") if len(data) < 1 << 20 else None}
        if path == "/control":
            self.answer_to(lambda: (200, {"log": w.log} if self.command == "GET" else w.control(json.loads(data))))
            return
        w.log.append(self.entry)
        self.fault = w.fault_of(self.command, self.path)
        if self.fault:
            time.sleep(self.fault["delay_s"])
            if self.fault["drop"] == "before":
                self.close_connection = True
                return
            if self.fault["status"]:
                status = self.fault["status"]
                code = {429: "RESOURCE_EXHAUSTED", 503: "TEMPORARILY_UNAVAILABLE"}.get(status, "INTERNAL_ERROR")
                self.answer(status, self.fault["body"] or {"error_code": code, "message": "a fault that was asked for"}, self.fault["headers"])
                return
        self.answer_to(lambda: self.route(path, query, data))

    def answer_to(self, work):
        try:
            told = work()
        except ApiError as e:
            told = e.status, {"error_code": e.code, "message": str(e)}, e.headers
        self.answer(*told)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = serve

    def json_of(self, data):
        try:
            return json.loads(data) if data else None
        except ValueError:
            raise ApiError(400, "MALFORMED_REQUEST", "the body is not JSON") from None

    def route(self, path, query, data):
        """(status, body, headers) of one request."""
        w, method = self.workspace, self.command
        if method == "GET" and path.startswith("/results/"):
            return w.stored(path, query, self.headers)
        if method == "GET" and path == "/oidc/.well-known/oauth-authorization-server":
            return 200, {"issuer": f"{w.host}/oidc", "token_endpoint": f"{w.host}/oidc/v1/token", "authorization_endpoint": f"{w.host}/oidc/v1/authorize"}
        if method == "GET" and path == "/.well-known/databricks-config":
            return 200, {"oidc_endpoint": f"{w.host}/oidc", "workspace_id": WORKSPACE_ID, "cloud": "AWS"}
        if method == "POST" and path == "/oidc/v1/token":
            return w.oauth_token(self.headers, dict(urllib.parse.parse_qsl(data.decode())))
        w.authorize(self.headers)
        if self.headers.get("X-Databricks-Workspace-Id", WORKSPACE_ID) != WORKSPACE_ID:
            raise wrong("X-Databricks-Workspace-Id names another workspace")
        return self.api(path, query, data)

    def api(self, path, query, data):
        w, method = self.workspace, self.command
        if path.startswith("/api/2.0/fs/"):
            return w.files.answer(method, path[len("/api/2.0/fs"):], query, data)
        statement = re.fullmatch(r"/api/2\.0/sql/statements(?:/([^/]+))?(?:/(cancel|result/chunks/(\d+)))?/?", path)
        if statement:
            return 200, self.sql(method, statement, query, data)
        warehouse = re.fullmatch(r"/api/2\.0/sql/warehouses(?:/([^/]+))?/?", path)
        if method == "GET" and warehouse:
            known_fields(query, () if warehouse[1] else ("page_size", "page_token", "run_as_user_id"), "the query")
            return 200, w.warehouse(warehouse[1])
        if method == "GET" and path == "/api/2.0/preview/scim/v2/Me":
            known_fields(query, ("attributes", "excludedAttributes"), "the query")
            return 200, w.me()
        if method == "GET" and path == "/api/2.0/preview/scim/v2/Users":
            return 200, w.list_users(query)
        raise ApiError(404, "ENDPOINT_NOT_FOUND", f"No API found for '{method} {path}'")

    def sql(self, method, m, query, data):
        w, identity, rest, index = self.workspace, m[1], m[2], m[3]
        known_fields(query, ("row_offset",) if index else (), "the query")
        if method == "POST" and not identity:
            return w.execute(self.json_of(data))
        if method == "GET" and identity and not rest:
            return w.statement(identity).response()
        if method == "GET" and index:
            return w.statement(identity).chunk(int(index))
        if method == "POST" and rest == "cancel":
            return w.cancel(identity, self.json_of(data))
        raise ApiError(404, "ENDPOINT_NOT_FOUND", f"No API found for '{method} {m[0]}'")


def main():
    from backend import Backend

    folder = pathlib.Path(sys.argv[1])
    with Backend(folder / "spark") as backend, Workspace(backend, folder) as w:
        names = ("host", "token", "client_id", "client_secret", "warehouse_id")
        print(json.dumps({name: getattr(w, name) for name in names}), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
