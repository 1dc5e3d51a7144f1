"""The Files API over a folder: /files/Volumes/<catalog>/<schema>/<volume>/.. and /directories/Volumes/..; nothing outside of it."""
import email.utils
import pathlib
import shutil

from statements import ApiError, known_fields, wrong

QUERIES = {("PUT", "files"): ("overwrite",), ("GET", "directories"): ("page_size", "page_token")}
MOST_BYTES = 5 << 30


def missing(path):
    return ApiError(404, "NOT_FOUND", f"there is no {path}")


class Files:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)

    def place(self, path):
        parts = path.strip("/").split("/")
        if len(parts) < 4 or parts[0] != "Volumes" or ".." in parts or "" in parts:
            raise wrong(f"a path is /Volumes/<catalog>/<schema>/<volume>/.., found {path}")
        volume = self.folder.joinpath(*parts[1:4])
        volume.mkdir(parents=True, exist_ok=True)  # volumes are there; what is in them is not
        return self.folder.joinpath(*parts[1:])

    def answer(self, method, path, query, data):
        """(status, body, headers) of one request."""
        kind, _, rest = path.lstrip("/").partition("/")
        if kind not in ("files", "directories"):
            raise ApiError(404, "ENDPOINT_NOT_FOUND", f"No API found for '{method} {path}'")
        known_fields(query, QUERIES.get((method, kind), ()), "the query")
        work = getattr(self, f"{method.lower()}_{kind}", None)
        if not work:
            raise ApiError(405, "METHOD_NOT_ALLOWED", f"{method} is no method of {kind}")
        return work("/" + rest, self.place(rest), query, data)

    def put_files(self, path, at, query, data):
        overwrite = query.get("overwrite", "true").lower()
        if overwrite not in ("true", "false"):
            raise wrong(f"overwrite must be true or false, found '{overwrite}'")
        if len(data) > MOST_BYTES:
            raise wrong("a file of more than 5 GiB")
        if at.is_dir():
            raise ApiError(409, "ALREADY_EXISTS", f"{path} is a directory")
        if not at.parent.is_dir():
            raise missing(str(pathlib.PurePosixPath(path).parent))
        if at.exists() and overwrite == "false":
            raise ApiError(409, "ALREADY_EXISTS", f"{path} exists")
        at.write_bytes(data)
        return 204, b"", {}

    def get_files(self, path, at, _query, _data):
        if not at.is_file():
            raise missing(path)
        return 200, at.read_bytes(), self.headers(at)

    def head_files(self, path, at, _query, _data):
        if not at.is_file():
            raise missing(path)
        return 200, b"", self.headers(at)

    def headers(self, at):
        stat = at.stat()
        return {"Content-Length": str(stat.st_size), "Content-Type": "application/octet-stream",
                "Last-Modified": email.utils.formatdate(stat.st_mtime, usegmt=True)}

    def delete_files(self, path, at, _query, _data):
        if not at.is_file():
            raise missing(path)
        at.unlink()
        return 204, b"", {}

    def put_directories(self, path, at, _query, _data):
        if at.is_file():
            raise ApiError(409, "ALREADY_EXISTS", f"{path} is a file")
        at.mkdir(parents=True, exist_ok=True)
        return 204, b"", {}

    def head_directories(self, path, at, _query, _data):
        if not at.is_dir():
            raise missing(path)
        return 200, b"", {}

    def delete_directories(self, path, at, _query, _data):
        if not at.is_dir():
            raise missing(path)
        if any(at.iterdir()):
            raise ApiError(400, "BAD_REQUEST", f"the directory {path} is not empty")
        shutil.rmtree(at)
        return 204, b"", {}

    def get_directories(self, path, at, query, _data):
        if not at.is_dir():
            raise missing(path)
        size, start = int(query.get("page_size", 1000)), int(query.get("page_token") or 0)
        if not 0 < size <= 1000:
            raise wrong("page_size must lie between 1 and 1000")
        entries = sorted(at.iterdir())
        told = [{"name": e.name, "path": f"{path.rstrip('/')}/{e.name}", "is_directory": e.is_dir(), "last_modified": int(e.stat().st_mtime * 1000),
                 **({} if e.is_dir() else {"file_size": e.stat().st_size})} for e in entries[start:start + size]]
        return 200, {"contents": told, **({"next_page_token": str(start + size)} if start + size < len(entries) else {})}, {}
