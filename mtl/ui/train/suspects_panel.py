"""The fold with training rows whose label is suspicious: each is accepted or kept, then a run learns anew."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final

import gradio as gr

from mtl.model.encoder import Encoder
from mtl.runs.ownership import find
from mtl.runs.second_look import Finding, SecondLook, look
from mtl.runs.store import Runs
from mtl.runs.view import RunView
from mtl.schema.tasks import task_colours
from mtl.ui.errors import told_to_the_visitor
from mtl.ui.latest import Latest
from mtl.ui.train.run_words import percent
from mtl.ui.train.suspects_templates import SUSPECTS, SUSPECTS_CSS, SUSPECTS_JS

_EXAMPLE: Final = (
    "This run is an example: train with your rows, and suspicious labels are looked for among them."
)
_GOES_ON: Final = "Labels can be looked at once the run is over."
_MARKED: Final = "Underlined words speak for the suggested label."
_LOOKS: Final = "Looking ..."


class SuspectsPanel:
    """The rows and the button `train`, which trains again; `render` fills `outputs`.

    Nothing is computed before the fold is opened: its list asks for its rows when it comes onto the page.
    """

    def __init__(self) -> None:
        self._list = gr.HTML(
            _said(_EXAMPLE),
            html_template=SUSPECTS,
            css_template=SUSPECTS_CSS,
            js_on_load=SUSPECTS_JS,
            elem_id="suspects",
        )
        self.train = gr.Button(visible=False, variant="primary", scale=0, elem_id="train-corrected")
        self.outputs: list[Any] = [self._list, self.train]
        self._streams = Latest()
        # One verdict after the other: each begins with what the one before has kept.
        self._saying = threading.Lock()

    def render(self, view: RunView) -> dict[Any, Any]:
        """Values for `outputs`, by component: without rows, which are asked for when they are looked at."""
        if not view.id or not view.over:
            return self._shown(_said(_GOES_ON if view.id else _EXAMPLE))
        return self._shown({**_said(_LOOKS), "ask": True})

    def wire(self, runs: Runs, encoder: Encoder, owner: gr.BrowserState, run_id: gr.State) -> None:
        """Lets the list ask for the rows of the run that is shown, and take what is said of them."""

        async def suspects(owner: str, run_id: str, request: gr.Request) -> AsyncIterator[dict[Any, Any]]:
            stream = self._streams.begin(request.session_hash)
            found = self._looking(runs, encoder, owner, run_id)
            yield {self._list: gr.skip()}  # a stream without any value would empty the outputs
            while values := await asyncio.to_thread(next, found, None):
                if not self._streams.holds(request.session_hash, stream):
                    break
                yield self._shown(values)
            # What is yielded last is shown once more when the stream ends, over what a newer one shows.
            yield {self._list: gr.skip()}

        def suspect_said(owner: str, run_id: str, event: gr.EventData) -> dict[Any, Any]:
            told = event._data if isinstance(event._data, dict) else {}
            with told_to_the_visitor(), self._saying:
                run = find(runs.folder, owner, run_id)
                known = SecondLook.load(run.path)
                if known is None or told.get("run") != run_id:
                    raise ValueError("this run is not the one that is shown: reload the page")
                new = known.said(told.get("row"), told.get("say"))
                new.save(run.path)
            return self._shown({**listed(new), "run": run_id})

        quiet: dict[str, Any] = {"show_progress": "hidden", "trigger_mode": "multiple"}
        inputs = [owner, run_id]
        self._list.submit(suspects, inputs, self.outputs, concurrency_limit=2, **quiet)
        self._list.select(suspect_said, inputs, self.outputs, concurrency_limit=1, **quiet)

    @staticmethod
    def _looking(runs: Runs, encoder: Encoder, owner: str, run_id: str) -> Iterator[dict[str, Any]]:
        """What the list shows, one after the other."""
        try:
            if not run_id or not runs.view(owner, run_id).over:
                yield _said(_GOES_ON if run_id else _EXAMPLE)
                return
            for found in look(find(runs.folder, owner, run_id), encoder):
                shown = _said(f"{_LOOKS} {percent(found)}") if isinstance(found, float) else listed(found)
                yield {**shown, "run": run_id}
        except ValueError as error:
            yield _said(f"{str(error)[:1].upper()}{str(error)[1:]}.")

    def _shown(self, values: dict[str, Any]) -> dict[Any, Any]:
        accepted = values["accepted"]
        label = f"Train again with {accepted} corrected"
        return {self._list: values, self.train: gr.update(visible=accepted > 0, value=label)}


def listed(found: SecondLook) -> dict[str, Any]:
    """What was found, as the template wants it."""
    colours = task_colours(list(dict.fromkeys(one.task for one in found.findings)))
    count = len(found.findings)
    labels = "label looks" if count == 1 else "labels look"
    words = (
        f"{count} {labels} wrong in {found.rows:,} training rows."
        if count
        else (f"No label looks wrong in {found.rows:,} training rows." if not found.notes else "")
    )
    notes = [f"{note[0].upper()}{note[1:]}." for note in found.notes]
    return {
        "words": " ".join(
            filter(None, [words, *notes, _MARKED if any(one.words for one in found.findings) else ""])
        ),
        "rows": [_row(number, one, colours[one.task]) for number, one in enumerate(found.findings)],
        "accepted": len(found.accepted),
    }


def _row(number: int, one: Finding, colour: str) -> dict[str, Any]:
    return {
        "row": number,
        "colour": colour,
        "task": one.task.capitalize(),
        "text": one.text,
        "parts": _parts(one),
        "label": one.label,
        "suggested": one.suggested,
        "probability": percent(one.probability),
        "neighbours": one.neighbours,
        "accepted": str(one.verdict == "accept").lower(),
        "kept": str(one.verdict == "keep").lower(),
    }


def _parts(one: Finding) -> list[dict[str, str]]:
    """The text in parts, of which some are words that speak for the suggested label."""
    parts, place = [], 0
    for start, end in one.words:
        parts += [{"text": one.text[place:start], "kind": ""}, {"text": one.text[start:end], "kind": "for"}]
        place = end
    return [part for part in (*parts, {"text": one.text[place:], "kind": ""}) if part["text"]]


def _said(words: str) -> dict[str, Any]:
    return {"words": words, "rows": [], "accepted": 0, "run": "", "ask": False}
