"""Type a sentence, see its nearest neighbours."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Final

import gradio as gr

from mtl.analysis.similarity import neighbours
from mtl.ui.embeddings.sources import SOURCES, Sentences, Sources
from mtl.ui.templates import MESSAGES, MESSAGES_CSS, TABLE, TABLE_CSS

_NEAREST: Final = 10
_POLL_S: Final = 0.3
_COLUMNS: Final = ["cosine", "sentence", "label"]
_FIRST: Final = "The waiter never smiled"


class SearchPanel:
    """A box to type in, and a table of neighbours that follows."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        with gr.Row():
            self._query = gr.Textbox(
                _FIRST, label="Find sentences like", max_length=2000, scale=3, elem_id="search-query"
            )
            self._source = gr.Radio(SOURCES, value="bundled", label="Among", scale=2, elem_id="search-source")
        self._messages = gr.HTML([], html_template=MESSAGES, css_template=MESSAGES_CSS, elem_id="search-said")
        self._found = gr.HTML(
            {"columns": _COLUMNS, "rows": []},
            html_template=TABLE,
            css_template=TABLE_CSS + ".scroll { min-height: 420px; }",
            elem_id="search-found",
        )

    def wire(self, opened: Any, sentences: gr.Textbox, column: list[Any]) -> None:
        """Searches when its tab is opened, and with every letter."""
        inputs = [sentences, *column, self._query, self._source]
        outputs = [self._messages, self._found]
        quiet: dict[str, Any] = {"show_progress": "hidden", "concurrency_limit": None}
        opened(self.search, inputs, outputs, **quiet)
        self._query.change(self.search, inputs, outputs, trigger_mode="always_last", **quiet)
        self._source.input(self.search, inputs, outputs, **quiet)

    async def search(
        self, lines: str, file: str | None, text: str | None, label: str | None, query: str, source: str
    ) -> AsyncIterator[tuple[Any, ...]]:
        """What goes on, and the neighbours; the bundled sentences are encoded once, at the first search."""
        yield gr.skip(), gr.skip()
        done = [0.0]
        asking = asyncio.create_task(
            asyncio.to_thread(
                self._sources.of, source, lines, file, text, label, lambda part: done.__setitem__(0, part)
            )
        )
        while not asking.done():
            await asyncio.wait([asking], timeout=_POLL_S)
            if not asking.done():
                told = {"kind": "note", "title": f"Encoding, {done[0]:.0%}.", "text": "This happens once."}
                yield [told], gr.skip()
        try:
            table = await asyncio.to_thread(self._nearest, asking.result(), query)
        except ValueError as error:
            yield [{"kind": "problem", "title": "Nothing found.", "text": str(error)}], gr.skip()
            return
        yield [], table

    def _nearest(self, found: Sentences, query: str) -> dict[str, Any]:
        if not query.strip():
            raise ValueError("type what to look for")
        (near,) = neighbours(self._sources.encoder.encode([query]), found.embeddings, _NEAREST)
        rows = [(f"{n.cosine:.3f}", found.texts[n.row], _label(found, n.row)) for n in near]
        return {"columns": _COLUMNS, "rows": rows}


def _label(found: Sentences, row: int) -> str:
    return ", ".join(labels[row] for labels in found.labels.values() if labels[row])
