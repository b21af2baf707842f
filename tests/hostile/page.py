"""The page as a program calls it: over HTTP, past the buttons."""

import json
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx


@dataclass
class Caller:
    """One session of the page at an address; `owner` is what its browser would keep."""

    address: str
    owner: str = field(default_factory=lambda: uuid.uuid4().hex)
    session: str = field(default_factory=lambda: uuid.uuid4().hex)
    seconds: float = 120

    def __post_init__(self):
        self.http = httpx.Client(base_url=self.address, timeout=self.seconds, trust_env=False)
        self.config = self.http.get("/config").json()
        self.kinds = {part["id"]: part for part in self.config["components"]}

    def endpoint(self, name):
        """The number of the first function of this name."""
        return next(d["id"] for d in self.config["dependencies"] if d["api_name"] == name)

    def inputs(self, number):
        """The components that a function reads."""
        (found,) = [d for d in self.config["dependencies"] if d["id"] == number]
        return [self.kinds[part] for part in found["inputs"]]

    def defaults(self, number):
        """What the page would send when it is opened, with this owner."""
        return [
            self.owner
            if part["props"].get("storage_key") == "sentence-lab-visitor"
            else part["props"].get("value")
            for part in self.inputs(number)
        ]

    def join(self, number, data, **more):
        """The answer of the queue to a request."""
        body = {"data": data, "fn_index": number, "session_hash": self.session, **more}
        content = json.dumps(body).encode("utf-8", "surrogatepass")
        return self.http.post(
            "/gradio_api/queue/join", content=content, headers={"content-type": "application/json"}
        )

    def call(self, number, data, *, whole=True, **more):
        """The message that ends a call: {"success": ..., "output": ...}. Raises where the queue refuses.

        Without `whole`, the first message with values: what follows a run ends with the run.
        """
        answer = self.join(number, data, **more)
        answer.raise_for_status()
        event = answer.json()["event_id"]
        for message in self.messages():
            ends = ("process_completed",) if whole else ("process_completed", "process_generating")
            if message["msg"] in ends and message["event_id"] == event:
                return message
        raise AssertionError("the stream ended without an answer")

    def messages(self):
        with self._stream() as lines:
            for line in lines:
                if line.startswith("data:"):
                    message = json.loads(line[5:])
                    yield message
                    if message["msg"] == "close_stream":
                        return

    @contextmanager
    def _stream(self):
        where = f"/gradio_api/queue/data?session_hash={self.session}"
        with self.http.stream("GET", where) as stream:
            yield stream.iter_lines()

    def upload(self, name, content):
        """What a file component takes for a file that was sent."""
        answer = self.http.post("/gradio_api/upload", files={"files": (name, content)})
        answer.raise_for_status()
        return {"path": answer.json()[0], "orig_name": name, "meta": {"_type": "gradio.FileData"}}
