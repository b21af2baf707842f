"""Step 1: where the rows of a run come from (bundled, the small set, own files), and what is in them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import gradio as gr
import pandas as pd

from mtl.data.bundled import TEMPLATE
from mtl.data.examination import Examination
from mtl.data.named_file import is_offered
from mtl.ui.folds import Folds
from mtl.ui.templates import MESSAGES, MESSAGES_CSS
from mtl.ui.train.data_cards import (
    CARDS,
    CARDS_CSS,
    CARDS_JS,
    DETAIL,
    DETAIL_CSS,
    cards_of,
    detail_of,
    finding_of,
    key_of,
    to_answer,
)
from mtl.ui.train.named_data import NamedData
from mtl.ui.train.picked import BUNDLED_CHOICE, OWN, REPORT_CHOICE, Picked
from mtl.ui.train.questions import Asked, Questions
from mtl.ui.train.row_counts import counted
from mtl.ui.train.task_files import TaskFiles

_PREVIEW_ROWS: Final = 5
_COLUMNS: Final = (
    "Columns **text,label**, or one file with several columns of labels, such as **text,sentiment,intent**."
)


class DataPanel:
    """The choice of sentences, the boxes for files, a card for each task, and what the reader asks.

    `read` tells what was picked. `counted` holds what the plan needs to know of the rows. `changes` are the
    events after which something else is picked. `folds` has a panel "tests" to be filled.
    """

    def __init__(self) -> None:
        self._choice = gr.Radio(
            [BUNDLED_CHOICE, REPORT_CHOICE, OWN],
            value=BUNDLED_CHOICE,
            label="Sentences to learn from",
            elem_id="data-choice",
        )
        with gr.Column(visible=False) as self._boxes:
            self._files = TaskFiles()
            self._named = NamedData(self._files) if is_offered() else None
            with gr.Row(elem_classes="quiet", elem_id="file-note"):
                gr.Markdown(_COLUMNS, elem_classes="hint")
                gr.DownloadButton("Download a template CSV", str(TEMPLATE), size="sm", scale=0)
        self._lost = gr.HTML([], html_template=MESSAGES, css_template=MESSAGES_CSS, elem_id="lost-files")
        self._learn = gr.CheckboxGroup(
            [],
            label="Learn",
            info="Each column of labels becomes a task.",
            visible=False,
            elem_id="learn",
        )
        # The tasks that had a tick: one that has none yet is learnt.
        self._ticks = gr.State([])
        # The key of the finding that is open.
        self._opened = gr.State("")
        first = Picked()
        asked = first.asked()
        self._cards = gr.HTML(
            cards_of(asked, first.sources(), findings=False),
            html_template=CARDS,
            css_template=CARDS_CSS,
            js_on_load=CARDS_JS,
            elem_id="data-summary",
        )
        with gr.Row(visible=False, elem_id="finding") as self._finding:
            self._detail = gr.HTML(
                visible=False, html_template=DETAIL, css_template=DETAIL_CSS, scale=2, elem_id="data-issues"
            )
            with gr.Column(scale=1, min_width=300):
                self._questions = Questions()
        self.folds = Folds({"rows": "Look at the rows", "tests": "Test on rows of my own"}, "data-folds")
        with self.folds.panel("rows"):
            self._preview = gr.Dataframe(
                preview_of(_reports(asked)), interactive=False, wrap=True, max_height=260, show_label=False
            )
        self.counted = gr.State(counted(_reports(asked)))
        self._credits = [self._named.credits] if self._named else []
        own = [self._choice, *self._files.inputs, self._learn, self._ticks]
        self.inputs = [*own, *self._credits, *self._questions.boxes]
        self.changes = [
            self._choice.change,
            *self._files.changes,
            self._learn.input,
            *(box.input for box in self._questions.boxes),
        ]

    @property
    def small_set(self) -> dict[Any, Any]:
        """The small set as what is chosen, by component."""
        return {self._choice: REPORT_CHOICE}

    @property
    def outputs(self) -> list[Any]:
        """What `render` fills."""
        detail = [self._opened, self._cards, self._finding, self._detail]
        own = [self._boxes, self._preview, self._learn, self._ticks, self.counted]
        return [*own, *detail, *self._questions.boxes]

    def wire(self) -> None:
        """Lets the boxes and the findings work, once the panel of the tests is filled."""
        self.folds.wire()
        if self._named:
            self._named.wire()
        form: set[Any] = {*self.inputs, self._opened}
        gr.on(
            self.changes,
            lambda values: self.render(self.read(values), values[self._opened]),
            form,
            self.outputs,
            show_progress="hidden",
        )
        gr.on(self._files.uploads, lambda: [], None, self._lost, show_progress="hidden")

        def press(values: Mapping[Any, Any], event: gr.EventData) -> dict[Any, Any]:
            key = str(event._data["issue"])
            return self.render(self.read(values), "" if key == values[self._opened] else key)

        self._cards.click(press, form, self.outputs, show_progress="hidden")

    def read(self, values: Mapping[Any, Any]) -> Picked:
        """What was picked; `values` are those of a set of components."""
        return Picked(
            choice=values[self._choice],
            files=self._files.read(values),
            unticked=frozenset(values[self._ticks]) - frozenset(values[self._learn]),
            answers=self._questions.read(values),
            credits=next((values[credits] for credits in self._credits), {}),
        )

    def render(self, picked: Picked, opened: str = "") -> dict[Any, Any]:
        """Cards, findings, rows, ticks and questions, by component; `opened`: the key of a finding."""
        try:
            asked, sources, problem = picked.asked(), picked.sources(), ""
        except ValueError as error:
            asked, sources, problem = {}, {}, str(error) if picked.files else ""
        own = picked.choice == OWN
        finding = finding_of(opened) if own else None
        detail = detail_of(asked, sources, finding)
        if detail is None:
            finding = to_answer(asked) if own else None
            detail = detail_of(asked, sources, finding)
        names = [column.task for column in picked.joint[1]] if picked.joint else []
        reports = _reports(asked)
        return {
            self._boxes: gr.update(visible=own),
            self._cards: cards_of(asked, sources, problem=problem, opened=finding, findings=own),
            self._opened: key_of(finding) if finding else "",
            self._detail: gr.update(value=detail, visible=detail is not None),
            self._finding: gr.update(visible=detail is not None or _any_question(asked)),
            self._preview: preview_of(reports),
            self._learn: gr.update(
                choices=names, value=[column.task for column in picked.learnt], visible=bool(names)
            ),
            self._ticks: names,
            **self._questions.render(asked),
            self.counted: counted(reports),
        }

    def fill(self, picked: Picked, lost: Sequence[str] = ()) -> dict[Any, Any]:
        """A form that was kept, by component; `lost`: names of files that are not here any more."""
        again = "is not here any more: choose it again."
        return {
            self._choice: picked.choice,
            self._lost: [{"kind": "problem", "title": name, "text": again} for name in lost],
            **self._files.fill(picked.files),
            **dict.fromkeys(self._credits, picked.credits),
            **self.render(picked),
        }

    @property
    def filled(self) -> list[Any]:
        """What `fill` fills."""
        return [self._choice, self._lost, *self._files.inputs, *self._credits, *self.outputs]


def _reports(asked: Mapping[str, Asked]) -> dict[str, Examination]:
    return {name: one.report for name, one in asked.items()}


def _any_question(asked: Mapping[str, Asked]) -> bool:
    return any(options for one in asked.values() for options in one.options.values())


def preview_of(reports: Mapping[str, Examination]) -> pd.DataFrame:
    """The first rows of each task."""
    rows = [
        (name, text, label)
        for name, report in reports.items()
        for text, label in report.pairs[:_PREVIEW_ROWS]
    ]
    return pd.DataFrame(rows, columns=["task", "text", "label"])
