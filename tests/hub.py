"""A stand-in for the Hugging Face Hub: as much of its HTTP API as its client needs for models."""

import base64
import hashlib
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

TOKEN = "hf_writes"


class Hub:
    """What it holds: of each repository whether it is private, and the files of each revision; the last
    revision is "main". `asked`: the requests, as "GET /path"."""

    def __init__(self):
        self.private, self.revisions, self.blobs, self.asked = {}, {}, {}, []

    def put(self, repository, files, private=False):
        """Adds a revision with these files; its id."""
        self.private.setdefault(repository, private)
        content = json.dumps({name: hashlib.sha256(data).hexdigest() for name, data in files.items()})
        sha = hashlib.sha1(content.encode()).hexdigest()
        self.revisions.setdefault(repository, {})[sha] = dict(files)
        return sha

    def files(self, repository, revision="main"):
        """Files by name; None where there is no such revision."""
        there = self.revisions[repository]
        return there.get([*there][-1] if revision == "main" else revision)

    def sha(self, repository, revision="main"):
        return [*self.revisions[repository]][-1] if revision == "main" else revision


@contextmanager
def hub():
    """Serves an empty Hub: the Hub, and its address."""
    held = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": held}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield held, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def log_message(self, *_):
        pass

    def do_GET(self):
        parts = self._parts()
        match parts:
            case ["api", "models", user, name]:
                self._info(f"{user}/{name}", "main")
            case ["api", "models", user, name, "revision", revision]:
                self._info(f"{user}/{name}", revision)
            case ["api", "models", user, name, "tree", revision]:
                if self._found(f"{user}/{name}", revision):
                    files = self.hub.files(f"{user}/{name}", revision)
                    self._json([_entry(path, data) for path, data in files.items()])
            case [user, name, "resolve", revision, path]:
                self._file(f"{user}/{name}", revision, path)
            case _:
                self._error(404, "EntryNotFound")

    do_HEAD = do_GET

    def do_POST(self):
        parts, body = self._parts(), self.rfile.read(int(self.headers.get("content-length", 0)))
        if parts == ["api", "validate-yaml"]:
            self._json({"errors": [], "warnings": []})
            return
        if self.headers.get("authorization") != f"Bearer {TOKEN}":
            self._error(401, "")
            return
        match parts:
            case ["api", "repos", "create"]:
                given = json.loads(body)
                repository = f"{given['organization']}/{given['name']}"
                there = repository in self.hub.private
                private = given.get("visibility") == "private" or given.get("private", False)
                self.hub.private.setdefault(repository, private)
                self.hub.revisions.setdefault(repository, {"0" * 40: {".gitattributes": b""}})
                self._json({"url": f"{self._root()}/{repository}"}, 409 if there else 200)
            case ["api", "models", _, _, "preupload", _]:
                files = [file["path"] for file in json.loads(body)["files"]]
                kinds = {path: "lfs" if path.endswith(".safetensors") else "regular" for path in files}
                modes = [{"path": p, "uploadMode": kinds[p], "shouldIgnore": False} for p in files]
                self._json({"files": modes})
            case [_, _, "info", "lfs", "objects", "batch"]:
                objects = [
                    {**one, "actions": {"upload": {"href": f"{self._root()}/blobs/{one['oid']}"}}}
                    for one in json.loads(body)["objects"]
                ]
                self._json({"transfer": "basic", "objects": objects})
            case ["api", "models", user, name, "commit", "main"]:
                self._commit(f"{user}/{name}", body)
            case _:
                self._error(404, "EntryNotFound")

    def do_PUT(self):
        (_, oid), body = self._parts(), self.rfile.read(int(self.headers["content-length"]))
        assert hashlib.sha256(body).hexdigest() == oid
        self.hub.blobs[oid] = body
        self._json({})

    def _commit(self, repository, body):
        files = dict(self.hub.files(repository))
        for line in map(json.loads, body.splitlines()):
            value = line["value"]
            match line["key"]:
                case "file":
                    files[value["path"]] = base64.b64decode(value["content"])
                case "lfsFile":
                    files[value["path"]] = self.hub.blobs[value["oid"]]
                case "deletedFile":
                    del files[value["path"]]
        sha = self.hub.put(repository, files)
        url = f"{self._root()}/{repository}/commit/{sha}"
        self._json({"success": True, "commitOid": sha, "commitUrl": url, "hookOutput": ""})

    def _info(self, repository, revision):
        if self._found(repository, revision):
            files = self.hub.files(repository, revision)
            siblings = [{"rfilename": path, "size": len(data)} for path, data in files.items()]
            info = {"id": repository, "sha": self.hub.sha(repository, revision), "siblings": siblings}
            self._json({**info, "private": self.hub.private[repository], "tags": []})

    def _file(self, repository, revision, path):
        if not self._found(repository, revision):
            return
        data = self.hub.files(repository, revision).get(path)
        if data is None:
            self._error(404, "EntryNotFound")
            return
        etag = f'"{hashlib.sha256(data).hexdigest()}"'
        self._answer(200, data, {"ETag": etag, "X-Repo-Commit": self.hub.sha(repository, revision)})

    def _found(self, repository, revision):
        seen = repository in self.hub.private and (
            not self.hub.private[repository] or self.headers.get("authorization") == f"Bearer {TOKEN}"
        )
        if not seen:
            self._error(401, "RepoNotFound")
        elif self.hub.files(repository, revision) is None:
            self._error(404, "RevisionNotFound")
        else:
            return True
        return False

    def _parts(self):
        self.hub.asked.append(f"{self.command} {self.path}")
        path = unquote(urlsplit(self.path).path).removesuffix(".git").replace(".git/", "/")
        return [part for part in path.split("/") if part]

    def _root(self):
        return f"http://{self.headers['host']}"

    def _error(self, status, code):
        self._answer(status, b"{}", {"X-Error-Code": code} if code else {})

    def _json(self, value, status=200):
        self._answer(status, json.dumps(value).encode(), {"content-type": "application/json"})

    def _answer(self, status, data, headers):
        self.send_response(status)
        for name, value in {**headers, "content-length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)


def _entry(path, data):
    return {"type": "file", "path": path, "size": len(data), "oid": hashlib.sha1(data).hexdigest()}
