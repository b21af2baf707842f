"""What the Train tab's buttons do."""

import asyncio
import html
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import gradio as gr
import pandas as pd

from mtl.data.sources import corrected_rows, parts_for
from mtl.model.pretrained import MINILM
from mtl.runs.command_line import Sources, command_line
from mtl.runs.job import Job
from mtl.runs.store import Runs
from mtl.runs.train_into import check_tests
from mtl.runs.view import RunView
from mtl.schema.config import FreezeStrategy, TrainConfig
from mtl.schema.tasks import TASK_NAMES
from mtl.training.default import DEFAULT_MODEL
from mtl.ui.models import DEFAULT, Models
from mtl.ui.predict.corrections_panel import corrections_frame
from mtl.ui.train.advanced_panel import FRESH
from mtl.ui.train.data_panel import chosen_files, rows_of, shown_names
from mtl.ui.train.example import example
from mtl.ui.train.plan_panel import expected_s, render_plan
from mtl.ui.train.run_panel import N_OUTPUTS, render
from mtl.ui.train.settings_panel import config_from
from mtl.ui.train.test_panel import rows_of_tests

_POLL_S: Final = 0.25
_MEASURED_WITHIN_S: Final = 30.0
# Those that compete; to evaluate only is no strategy to train, and everything takes too long here.
ALL_STRATEGIES: Final = (
    FreezeStrategy.HEADS,
    FreezeStrategy.LAST_2,
    FreezeStrategy.LAST_4,
    FreezeStrategy.GRADUAL,
)
# What a command would start from; any other model is a zip file that was downloaded.
_START_NAMES: Final[dict[str, str | None]] = {FRESH[1]: None, DEFAULT: "mtl/default_model"}


def offer_corrections(corrections: list[list[str]] | None) -> Any:
    """The box that adds the visitor's corrections, where there are any; made, they are meant to count."""
    count = len(corrections or [])
    rows = "row" if count == 1 else "rows"
    label = f"Train with my corrections too ({count} {rows}; none of them validates)"
    return gr.update(visible=count > 0, value=count > 0, label=label)


class Actions:
    """Start, Stop, Resume, Delete and the following of a run, for the components that the tab lays out.

    `files` and `tests` say how many of the values that `begin` is given belong to each panel.
    """

    def __init__(self, models: Models, runs: Runs, *, files: int, tests: int) -> None:
        self._models = models
        self._runs = runs
        self._files = files
        self._tests = tests
        self._example = render(example())

    def plan(self, counts: dict[str, Any], *settings: Any) -> dict[str, Any]:
        """What Start would train with the form as it is."""
        return render_plan(self._models.encoder, self._runs.throughput(), counts, settings)

    async def first_plan(self, counts: dict[str, Any], *settings: Any) -> AsyncIterator[dict[str, Any]]:
        """The same until this machine was measured, which happens just after the start."""
        for _ in range(round(_MEASURED_WITHIN_S / _POLL_S)):
            yield self.plan(counts, *settings)
            if self._runs.throughput():
                return
            await asyncio.sleep(_POLL_S)

    def begin(
        self,
        owner: str,
        start_from: str,
        counts: dict[str, Any],
        correct: bool,
        corrections: list[list[str]],
        *values: Any,
        strategies: Sequence[FreezeStrategy] = (),
    ) -> str:
        """Checks everything that could fail later, and hands the run over; its id."""
        picked, rest = values[: self._files], values[self._files :]
        tests, settings = rest[: self._tests], rest[self._tests :]
        try:
            config = config_from(settings)
            configs = [replace(config, freeze=freeze) for freeze in strategies] or [config]
            table = corrections_frame(corrections) if correct else None
            return self._create(owner, start_from, counts, picked, tests, table, configs)
        except ValueError as error:
            raise gr.Error(html.escape(str(error)), duration=None, print_exception=False) from error

    def begin_all(self, *form: Any) -> str:
        """The same with every strategy worth comparing, one run after the other; the id of the first."""
        return self.begin(*form, strategies=ALL_STRATEGIES)

    def _create(
        self,
        owner: str,
        start_from: str,
        counts: dict[str, Any],
        picked: tuple[Any, ...],
        test_files: tuple[Any, ...],
        table: pd.DataFrame | None,
        configs: Sequence[TrainConfig],
    ) -> str:
        encoder, throughput = self._models.encoder, self._runs.throughput()
        base = None if start_from == FRESH[1] else self._models.get(owner, start_from)
        files, answered = chosen_files(*picked)
        rows = rows_of(files, answered, start=base)
        tests = rows_of_tests(test_files, rows)
        corrections = [] if table is None else corrected_rows(table, rows)
        check_tests(parts_for(rows, configs[0], corrections), tests)
        sources = Sources(
            files=shown_names(picked[0], files),
            tests={n: Path(f).name for n, f in zip(TASK_NAMES, test_files, strict=True) if f},
            choices=answered,
            corrections="corrections.csv" if corrections else None,
            start=_START_NAMES.get(start_from, "model.zip"),
            encoder=None if encoder.name == MINILM else encoder.name,
        )
        start = self._start_path(owner, start_from)
        jobs = [
            Job(
                rows=rows,
                config=config,
                tests=tests,
                corrections=corrections,
                start=start,
                command=command_line(config, sources),
                expected_s=expected_s(encoder, throughput, counts, config),
            )
            for config in configs
        ]
        return self._runs.create(owner, jobs)[0]

    def _start_path(self, owner: str, key: str) -> str | None:
        if key == FRESH[1]:
            return None
        return str(DEFAULT_MODEL if key == DEFAULT else self._runs.model_path(owner, key))

    async def follow(self, owner: str, run_id: str) -> AsyncIterator[tuple[Any, ...]]:
        """The run's id and its values for `RunPanel.outputs`, whenever there is news; the example where there
        is no run. When it ends and another of its series is next, that one."""
        shown = None
        yield (gr.skip(),) * (N_OUTPUTS + 1)  # a stream without any value would empty the outputs
        while run_id:
            try:
                view = await asyncio.to_thread(self._runs.view, owner, run_id)
            except ValueError:
                run_id = ""
                break
            yield run_id, *render(view, shown)
            shown = view
            if view.over:
                following = await asyncio.to_thread(self._runs.current, owner)
                if following in ("", run_id):
                    return
                run_id, shown = following, None
            await asyncio.sleep(_POLL_S)
        yield run_id, *self._example

    def view(self, owner: str, run_id: str) -> RunView:
        """The run that the page shows."""
        return self._runs.view(owner, run_id) if run_id else example()

    def stop(self, owner: str, run_id: str) -> Any:
        """Asks the run to end."""
        if run_id:
            self._runs.stop(owner, run_id)
        return gr.update(interactive=False, value="Stopping ...")

    def resume(self, owner: str, run_id: str) -> None:
        """Takes an interrupted run up again."""
        self._runs.resume(owner, run_id)

    def delete(self, owner: str, sure: bool) -> Any:
        """Deletes all of the visitor's runs, if they said so; which run the page shows then."""
        if not sure:
            return gr.skip()
        self._runs.delete_all(owner)
        gr.Info("Your runs, their rows and models are deleted.")
        return ""
