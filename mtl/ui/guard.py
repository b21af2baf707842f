"""What stands before every answer of the server: a bound for what is sent, and rules for the browser."""

import asyncio
import json
import logging
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mtl.schema.limits import LimitExceeded, limits
from mtl.ui.temporary import has_room

# Gradio writes its scripts and styles into the page and builds functions of the page's own templates, so
# that both have to be allowed; what a text could plant there still reaches no other server.
POLICY: Final = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' data: blob:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        # A Space is shown within the page of its host.
        "frame-ancestors 'self' https://huggingface.co https://*.huggingface.co",
    )
)
_HEADERS: Final = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)
# Of a character in JSON, and of what surrounds an uploaded file.
_BYTES_PER_CHARACTER: Final = 6
_AROUND: Final = 2**16
_SHOWN: Final = 60
_TOO_LARGE: Final = LimitExceeded("The request is too large", "send less at once")
_UNREADABLE: Final = LimitExceeded("The server cannot read this request", "reload the page and try again")

_log = logging.getLogger(__name__)


class Guard:
    """Adds the rules to each answer, and refuses a request that is too large before it is read."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request. A body without a length is cut off at the limit."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        began = False

        async def with_rules(message: Message) -> None:
            nonlocal began
            if message["type"] == "http.response.start":
                began = True
                message = {**message, "headers": [*message.get("headers", ()), *_HEADERS]}
            await send(message)

        uploading = scope["path"].endswith("/upload")
        try:
            left = _room(scope, uploading)
            if uploading and not await asyncio.to_thread(has_room, left):
                raise limits().refusal("temporary_bytes", "Too much was uploaded just now", "try again later")
        except LimitExceeded as refused:
            await _refuse(with_rules, refused)
            return

        async def bounded() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            return message if left >= 0 else {"type": "http.disconnect"}

        try:
            await self._app(scope, bounded, with_rules)
        except Exception as error:
            # What a body of an unexpected shape makes the server raise: a sentence, and no traceback.
            if not began:
                await _refuse(with_rules, _TOO_LARGE if left < 0 else _UNREADABLE)
            if left >= 0:
                _log.error("%s in %s", type(error).__name__, scope["path"][:_SHOWN])


def _room(scope: Scope, uploading: bool) -> int:
    """The most bytes of a request's body. Raises LimitExceeded where it says that it has more, or where files
    are switched off."""
    most, limit = limits(), "upload_bytes" if uploading else "request_characters"
    if uploading and not most.uploads:
        raise LimitExceeded("This page takes no files", "use the bundled sentences, or type your own")
    room = most.upload_bytes if uploading else most.request_characters * _BYTES_PER_CHARACTER
    length = dict(scope["headers"]).get(b"content-length", b"0")
    if not length.isdigit() or int(length[:20]) > room + _AROUND:
        raise most.refusal(limit, "The request is too large", "send less at once")
    return room + _AROUND


async def _refuse(send: Send, refused: LimitExceeded) -> None:
    body = json.dumps({"error": str(refused), "detail": str(refused)}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})
