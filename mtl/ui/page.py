"""The page as Gradio runs it, with one mend: no update of a stream is lost."""

from typing import Any

import gradio as gr


class Page(gr.Blocks):
    """Sends each later value of a stream whole.

    Gradio sends the edits that make the value before into the new one, and the browser edits it in place.
    Where two messages arrive before the page has shown the first, the first is changed under its hands: a
    chart that is followed by "no change" never appears.
    """

    def handle_streaming_diffs(
        self,
        block_fn: Any,
        data: list[Any],
        session_hash: str | None,
        run: str | None,
        final: bool,
        simple_format: bool = False,
    ) -> list[Any]:
        """What to send for each output: the first time its value, later a list of edits."""
        values = list(data)
        is_later = bool(session_hash and run in self.pending_diff_streams[session_hash])
        sent = super().handle_streaming_diffs(block_fn, data, session_hash, run, final, simple_format)
        if final or simple_format or not is_later:
            return sent
        return [[["replace", [], value]] if edits else [] for edits, value in zip(sent, values, strict=True)]
