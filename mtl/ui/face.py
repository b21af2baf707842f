"""The head of the page: its icon, the preview of a link that somebody posts, rules of the whole page."""

import gzip
import re
from collections.abc import Callable
from html import escape
from importlib.resources import files
from typing import Any, Final
from urllib.parse import parse_qs

from gradio.route_utils import get_root_url
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mtl.ui.guard import Guard
from mtl.ui.theme import WHOLE_PAGE
from mtl.ui.visible import visible

TITLE: Final = "Sentence Lab"
DESCRIPTION: Final = (
    "Type a sentence. See what a small language model makes of it, and teach it your own labels."
)
_ASSETS: Final = files("mtl.ui") / "assets"
ICON: Final = str(_ASSETS / "icon.png")
_SCRIPT: Final = f"<script>{(_ASSETS / 'page.js').read_text('utf-8')}</script>"
_PICTURE: Final = "preview.png"
HEADLINE: Final = "Type a sentence. See what a small model makes of it."
# Gradio's scripts take seconds to build the page.
_OUTLINE: Final = f'<div id="outline" aria-hidden="true">{TITLE}<p>{HEADLINE}</p><div></div><div></div></div>'
# Gradio writes a preview of its own into the page, twice.
_THEIRS: Final = re.compile(r'<meta\s+(?:property|name)="(?:og|twitter):[^>]*>')
_BODY: Final = re.compile(r"<body[^>]*>")
_MOST_CHARACTERS: Final = 200

# What a model says about a text, in a line.
Answer = Callable[[str], str]


def app_options(answer: Answer) -> dict[str, Any]:
    """Options of the web application: the first page is compressed, and a link says what it leads to.

    A link with a sentence (`?text=...`) is titled by it, and described by `answer`.
    """
    return {
        "routes": [Route(f"/{_PICTURE}", _picture)],
        "middleware": [Middleware(Guard), Middleware(Head, answer=answer)],
    }


def _picture(request: Request) -> FileResponse:
    return FileResponse(str(_ASSETS / _PICTURE), media_type="image/png")


class Head:
    """Writes the head of the first page; every other answer passes untouched, streams too.

    Gradio's own option adds to the head only once its scripts run, when the page is already drawn.
    """

    def __init__(self, app: ASGIApp, answer: Answer) -> None:
        self._app = app
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or scope["path"] != "/":
            await self._app(scope, receive, send)
            return
        began: Message = {}
        body = b""

        async def gather(message: Message) -> None:
            nonlocal began, body
            if message["type"] == "http.response.start":
                began = message
                return
            body += message.get("body", b"")
            if message.get("more_body", False):
                return
            request = Request(scope)
            page = self._rewritten(request, body)
            headers = [pair for pair in began["headers"] if pair[0].lower() != b"content-length"]
            # It holds the whole layout: a megabyte, of which compression leaves a tenth.
            if "gzip" in request.headers.get("accept-encoding", ""):
                page = gzip.compress(page)
                headers += [(b"content-encoding", b"gzip"), (b"vary", b"Accept-Encoding")]
            headers.append((b"content-length", str(len(page)).encode()))
            await send({**began, "headers": headers})
            await send({"type": "http.response.body", "body": page})

        await self._app(scope, receive, gather)

    def _rewritten(self, request: Request, body: bytes) -> bytes:
        page = body.decode("utf-8")
        if "<head>" not in page:  # an error, or a file
            return body
        given = parse_qs(request.url.query).get("text", [""])[0].strip()
        text = given if len(given) <= _MOST_CHARACTERS else given[:_MOST_CHARACTERS] + " ..."
        tags = preview(
            title=f"“{text}”" if text else TITLE,
            description=self._answer(text) if text else DESCRIPTION,
            root=get_root_url(request, "/", None),
        )
        page = _THEIRS.sub("", page).replace("<head>", "<head>" + tags + WHOLE_PAGE + _SCRIPT, 1)
        return _BODY.sub(lambda body: body[0] + _OUTLINE, page, count=1).encode()


def preview(*, title: str, description: str, root: str) -> str:
    """The tags that networks read when somebody posts a link; `root` is the page's own address."""
    title, description = visible(title), visible(description)
    own = {
        "og:type": "website",
        "og:site_name": TITLE,
        "og:title": title,
        "og:description": description,
        "og:image": f"{root}/{_PICTURE}",
        "og:image:width": "1200",
        "og:image:height": "630",
        "og:image:alt": "A sentence with its words coloured, and what the model predicts for it",
        "twitter:card": "summary_large_image",
    }
    named = f'<meta name="description" content="{escape(description)}" />'
    return named + "".join(f'<meta property="{k}" content="{escape(v)}" />' for k, v in own.items())
