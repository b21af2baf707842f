"""The page as Gradio runs it: with one checked entrance, and without losing an update of a stream."""

from typing import Any

import gradio as gr

from mtl.ui.entrance import check_request, is_named, told, with_defaults
from mtl.ui.literals import first, incoming, outgoing
from mtl.ui.visible import shown


class Page(gr.Blocks):
    """Blocks whose functions get checked values only, answer errors by sentences, and stream whole values."""

    async def preprocess_data(self, block_fn: Any, inputs: Any, *rest: Any, **more: Any) -> Any:
        """Checks what a request gives before Gradio reads it. Raises ValueError with what does not fit."""
        inputs = with_defaults(block_fn, inputs)
        check_request(block_fn.inputs, inputs)
        return await super().preprocess_data(block_fn, incoming(block_fn.inputs, inputs), *rest, **more)

    async def postprocess_data(self, block_fn: Any, *given: Any, **more: Any) -> Any:
        """Makes hidden characters visible, and escapes, in what goes to a template, whatever would be code
        there (see `visible` and `literals`)."""
        values = await super().postprocess_data(block_fn, *given, **more)
        return outgoing(block_fn.outputs, shown(block_fn.outputs, values))

    def get_config_file(self) -> Any:
        """The same for what the page is opened with.

        Where no progress is to be seen, no component is to show it. Otherwise the browser tells each output
        of every such event how far the event is, several times an event, and looks for each of them among
        all components: half of a click's time, and a fifth of the time in which the page opens.
        """
        config = super().get_config_file()
        parts = [{**part, "props": first(part["props"])} for part in config["components"]]
        events = [
            {**event, "show_progress_on": []} if event["show_progress"] == "hidden" else event
            for event in config["dependencies"]
        ]
        return {**config, "components": parts, "dependencies": events}

    async def process_api(self, block_fn: Any, *given: Any, **more: Any) -> dict[str, Any]:
        """As Gradio's, with every error as a sentence."""
        try:
            return await super().process_api(block_fn, *given, **more)
        except gr.Error as error:
            error.print_exception = False  # such as a choice that is not there: it is told, not logged
            raise
        except Exception as error:
            raise told(error, to_program=is_named(self.fns.get(block_fn, block_fn))) from None

    def handle_streaming_diffs(
        self,
        block_fn: Any,
        data: list[Any],
        session_hash: str | None,
        run: str | None,
        final: bool,
        simple_format: bool = False,
    ) -> list[Any]:
        """What to send for each output: the first time its value, later a list of edits.

        Gradio's edits make the value before into the new one, and the browser makes them in place. Where two
        messages arrive before the page has shown the first, the first is changed under its hands: a chart
        that is followed by "no change" never appears. So each edit here replaces the whole value.
        """
        values = list(data)
        is_later = bool(session_hash and run in self.pending_diff_streams[session_hash])
        sent = super().handle_streaming_diffs(block_fn, data, session_hash, run, final, simple_format)
        if final or simple_format or not is_later:
            return sent
        return [[["replace", [], value]] if edits else [] for edits, value in zip(sent, values, strict=True)]
