"""Type a sentence, see its nearest neighbours."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Final

import gradio as gr
from gradio.events import Dependency

from mtl.analysis.similarity import neighbours
from mtl.ui.embeddings.sources import SOURCES, Sentences, Sources
from mtl.ui.folds import Folds
from mtl.ui.latest import Latest
from mtl.ui.templates import MESSAGES, MESSAGES_CSS, TABLE, TABLE_CSS

_NEAREST: Final = 10
_POLL_S: Final = 0.3
_COLUMNS: Final = ["cosine", "sentence", "label"]
_FIRST: Final = "The waiter never smiled"
_NOTHING: Final[dict[str, Any]] = {"columns": [], "rows": []}


class SearchPanel:
    """A box to type in, and a table of neighbours that follows."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._asked = Latest()
        with gr.Row():
            self._query = gr.Textbox(
                _FIRST,
                label="Find sentences like",
                max_length=2000,
                scale=3,
                min_width=320,
                elem_id="search-query",
            )
            self._source = gr.Radio(
                SOURCES, value="bundled", label="Among", scale=3, min_width=320, elem_id="search-source"
            )
        self._messages = gr.HTML([], html_template=MESSAGES, css_template=MESSAGES_CSS, elem_id="search-said")
        self._found = gr.HTML(
            _NOTHING,
            html_template=TABLE,
            css_template=TABLE_CSS + ".scroll { min-height: 420px; }",
            elem_id="search-found",
        )

    def wire(self, opened: Dependency, followed: Dependency, folds: Folds, given: list[Any]) -> None:
        """Searches when its panel is opened, with every letter, and among `given` lines as they change."""
        inputs = [*given, self._query, self._source]
        outputs = [self._messages, self._found]
        quiet: dict[str, Any] = {"show_progress": "hidden", "concurrency_limit": None}

        async def follow(request: gr.Request, opened: str, *values: Any) -> AsyncIterator[dict[Any, Any]]:
            if opened == "search" and values[-1] == "typed":
                async for shown in self.search(request, *values):
                    yield shown
            else:
                yield {self._messages: gr.skip()}

        opened.then(self.search, inputs, outputs, **quiet)
        followed.then(follow, [folds.open, *inputs], outputs, **quiet)
        asked = [self._query.change, self._source.input]
        gr.on(asked, self.search, inputs, outputs, trigger_mode="multiple", **quiet)

    async def search(
        self,
        request: gr.Request,
        lines: str,
        file: str | None,
        text: str | None,
        label: str | None,
        query: str,
        source: str,
    ) -> AsyncIterator[dict[Any, Any]]:
        """Messages and the neighbours. The bundled sentences are encoded once, at the first search."""
        asked = self._asked.begin(request.session_hash)
        done = [0.0]
        asking = asyncio.create_task(
            asyncio.to_thread(
                self._sources.of, source, lines, file, text, label, lambda part: done.__setitem__(0, part)
            )
        )
        while not asking.done():
            await asyncio.wait([asking], timeout=_POLL_S)
            if not asking.done() and self._asked.holds(request.session_hash, asked):
                told = {"kind": "note", "title": f"Encoding, {done[0]:.0%}.", "text": "This happens once."}
                yield {self._messages: [told]}
        answer = await asyncio.to_thread(self._answer, asking, query)
        newest = self._asked.holds(request.session_hash, asked)
        # Gradio repeats what was yielded last: an overtaken search must end with nothing.
        yield answer if newest else {self._messages: gr.skip()}

    def _answer(self, asking: "asyncio.Task[Sentences]", query: str) -> dict[Any, Any]:
        try:
            table = self._nearest(asking.result(), query)
        except ValueError as error:
            message = {"kind": "note", "title": "Nothing found.", "text": str(error)}
            return {self._messages: [message], self._found: _NOTHING}
        return {self._messages: [], self._found: table}

    def _nearest(self, found: Sentences, query: str) -> dict[str, Any]:
        if not query.strip():
            raise ValueError("Type what to look for")
        (near,) = neighbours(self._sources.encoder.encode([query]), found.embeddings, _NEAREST)
        rows = [(f"{n.cosine:.3f}", found.texts[n.row], _label(found, n.row)) for n in near]
        return {"columns": _COLUMNS, "rows": rows}


def _label(found: Sentences, row: int) -> str:
    return ", ".join(labels[row] for labels in found.labels.values() if labels[row])
