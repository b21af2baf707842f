"""What the Train tab's buttons do."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import gradio as gr

from mtl.data.sources import corrected_rows, parts_for
from mtl.model.pretrained import MINILM
from mtl.runs.command_line import Sources, command_line
from mtl.runs.corrected import corrected_job
from mtl.runs.job import Job
from mtl.runs.ownership import find
from mtl.runs.store import Runs
from mtl.runs.train_into import check_tests, need_of
from mtl.runs.view import RunView
from mtl.schema.config import FreezeStrategy, TrainConfig
from mtl.teaching.lesson import TASK, Lesson
from mtl.training.default import DEFAULT_MODEL
from mtl.training.memory import check_memory, memory
from mtl.ui.downloads import new_file
from mtl.ui.errors import told_to_the_visitor
from mtl.ui.latest import Latest
from mtl.ui.models import DEFAULT, Models
from mtl.ui.predict.corrections_panel import corrections_frame
from mtl.ui.train.advanced_panel import FRESH
from mtl.ui.train.example import example
from mtl.ui.train.form import Form, Shown
from mtl.ui.train.held_out_panel import rows_of_tests
from mtl.ui.train.kept_form import KeptForm, KeptForms
from mtl.ui.train.picked import OWN, Picked
from mtl.ui.train.plan_panel import bar_words, render_plan
from mtl.ui.train.row_counts import Counted, expected_s
from mtl.ui.train.run_words import started_of
from mtl.ui.train.settings_form import config_from

_POLL_S: Final = 0.25
_FEWEST_LABELS: Final = 2
_LESSON_FILE: Final = "lesson.csv"
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

# What a set of components held at a press, by component.
Values = Mapping[Any, Any]


class Actions:
    """Start, Stop, Resume, Delete and the following of a run, for the components that the tab lays out."""

    def __init__(self, models: Models, runs: Runs, form: Form, shown: Shown) -> None:
        self._models = models
        self._runs = runs
        self._form = form
        self._shown = shown
        self._streams = Latest()
        self._kept = KeptForms(runs.folder)
        self._example = self._render(example())

    def plan(self, values: Values) -> dict[Any, Any]:
        """What Start would train with the form as it is. The bar tells it while no run goes on."""
        counts: Mapping[str, Counted] = values[self._form.data.counted]
        settings, shown = self._form.settings.read(values), self._shown
        plan = render_plan(self._models.encoder, self._runs.throughput(), counts, settings)
        updates = {
            shown.settings.strip: plan,
            shown.steps.stepper: gr.update(usable=bool(counts)),
            **shown.settings.show_times(plan["times"], settings["layers"], plan["auto"]),
        }
        if not self._goes_on(values[self._form.owner], values[shown.run_id]):
            updates |= shown.bar.render_plan(*bar_words(plan, counts))
        return updates

    def _goes_on(self, owner: str, run_id: str) -> bool:
        try:
            return bool(run_id) and not self._runs.view(owner, run_id).over
        except ValueError:
            return False

    async def measured(self) -> None:
        """Waits until the speed of this machine is known, which takes a moment after the start."""
        for _ in range(round(_MEASURED_WITHIN_S / _POLL_S)):
            if self._runs.throughput():
                return
            await asyncio.sleep(_POLL_S)

    def begin(self, values: Values) -> str:
        """Checks everything that could fail later, and hands the run over; its id."""
        return self._begin(values)

    def begin_all(self, values: Values) -> str:
        """The same with every strategy worth comparing, one run after the other; the id of the first."""
        return self._begin(values, ALL_STRATEGIES)

    def begin_corrected(self, owner: str, run_id: str) -> str:
        """The run that is shown once more, with the labels that were accepted; the id of the new one."""
        with told_to_the_visitor():
            self._runs.check_room(owner, 1)
            return self._runs.create(owner, [corrected_job(find(self._runs.folder, owner, run_id))])[0]

    def _begin(self, values: Values, strategies: Sequence[FreezeStrategy] = ()) -> str:
        with told_to_the_visitor():
            config = config_from(self._form.settings.read(values))
            return self._create(values, [replace(config, freeze=f) for f in strategies] or [config])

    def _create(self, values: Values, configs: Sequence[TrainConfig]) -> str:
        form, encoder, throughput = self._form, self._models.encoder, self._runs.throughput()
        self._runs.check_room(values[form.owner], len(configs))
        owner, start_from, counts = (
            values[box] for box in (form.owner, form.settings.start_from, form.data.counted)
        )
        picked, test_files = form.data.read(values), form.tests.read(values)
        rows = picked.rows(None if start_from == FRESH[1] else self._models.get(owner, start_from))
        tests = rows_of_tests(test_files, rows)
        table = corrections_frame(values[form.corrections]) if values[form.correct] else None
        corrections = [] if table is None else corrected_rows(table, rows)
        parts = parts_for(rows, configs[0], corrections)
        check_tests(parts, tests)
        for config in configs:
            check_memory(need_of(parts, config, encoder), memory(), now=False)
        sources = Sources(
            **picked.command_sources(),
            tests={name: file.name for name, file in test_files.items()},
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
                source=picked.name,
                credit=picked.credit,
                expected_s=expected_s(encoder, throughput, counts, config),
            )
            for config in configs
        ]
        return self._runs.create(owner, jobs)[0]

    def _start_path(self, owner: str, key: str) -> str | None:
        if key == FRESH[1]:
            return None
        return str(DEFAULT_MODEL if key == DEFAULT else self._runs.model_path(owner, key))

    async def follow(self, owner: str, run_id: str, request: gr.Request) -> AsyncIterator[dict[Any, Any]]:
        """The run, whenever there is news; the example where there is no run. When it ends and another one
        of its series is next, that one."""
        async for values in self._follow(owner, run_id, request.session_hash, series=True):
            yield values

    async def open(self, owner: str, run_id: str, request: gr.Request) -> AsyncIterator[dict[Any, Any]]:
        """This run and no other, whatever goes on meanwhile."""
        async for values in self._follow(owner, run_id, request.session_hash, series=False):
            yield values

    async def _follow(
        self, owner: str, run_id: str, session: str | None, *, series: bool
    ) -> AsyncIterator[dict[Any, Any]]:
        before, stream = None, self._streams.begin(session)
        yield {self._shown.run_id: gr.skip()}  # a stream without any value would empty the outputs
        while run_id and self._streams.holds(session, stream):
            try:
                view = await asyncio.to_thread(self._runs.view, owner, run_id)
            except ValueError:
                run_id = ""
                break
            # Not with every piece of news: by now the visitor may have chosen another run.
            own: dict[Any, Any] = {} if before else {self._shown.run_id: run_id}
            yield own | self._render(view, before)
            before = view
            if view.over:
                following = await asyncio.to_thread(self._runs.current, owner) if series else ""
                if following in ("", run_id):
                    return
                run_id, before = following, None
            await asyncio.sleep(_POLL_S)
        if not run_id:
            yield {self._shown.run_id: "", **self._example, **self._shown.bar.render_idle()}
        else:  # a newer stream has taken over: what is yielded last is shown once more when this one ends
            yield {self._shown.run_id: gr.skip()}

    def _render(self, view: RunView, before: RunView | None = None) -> dict[Any, Any]:
        shown = self._shown
        values = shown.panel.render(view, before)
        if before is None:
            values[shown.result] = gr.update(visible=True)
            if view.over and not view.resumable:  # then the bar tells the plan
                values = {box: value for box, value in values.items() if box not in shown.bar.outputs}
                values |= shown.bar.render_idle()
        if before is None or not started_of(before):
            values |= shown.folded.render(view)
        if before is None or before.over != view.over:
            opens: dict[str, Any] = {} if before or view.over else {"value": "result"}
            values[shown.steps.stepper] = gr.update(over=view.over and bool(view.id), **opens)
        return values

    def view(self, owner: str, run_id: str) -> RunView:
        """The run that the page shows."""
        return self._runs.view(owner, run_id) if run_id else example()

    def current(self, owner: str, run_id: str) -> str:
        """The run that goes on, or that is next; where there is none, the one that the page shows."""
        return self._runs.current(owner) or run_id

    def refused(self, values: Values) -> dict[Any, Any]:
        """Back to the step that holds what Start could not use."""
        step, shown = "data", self._shown
        try:
            config_from(self._form.settings.read(values))
        except ValueError:
            step = "how"
        return {shown.steps.stepper: step, shown.result: gr.update(visible=True), **shown.bar.render_idle()}

    def stop(self, owner: str, run_id: str) -> Any:
        """Asks the run to end."""
        if run_id:
            self._runs.stop(owner, run_id)
        return gr.update(interactive=False, value="Stopping ...")

    def resume(self, owner: str, run_id: str) -> None:
        """Lets an interrupted or stopped run continue."""
        self._runs.resume(owner, run_id)

    def keep(self, values: Values) -> None:
        """Keeps the data part of the form for the visitor's next visit."""
        form = self._form
        if values[form.ready]:
            kept = KeptForm(picked=form.data.read(values), tests=form.tests.read(values))
            self._kept.save(values[form.owner], kept)

    def restore(self, owner: str) -> dict[Any, Any]:
        """The data part of the form as the visitor left it."""
        kept, form = self._kept.load(owner), self._form
        return {form.ready: True, **(self._fill(kept) if kept else {})}

    def take(self, lesson: Lesson) -> dict[Any, Any]:
        """The rows of a lesson as the file of a new run."""
        with told_to_the_visitor():
            if sum(count > 0 for count in lesson.counts) < _FEWEST_LABELS:
                raise ValueError("A run needs sentences of two labels at least: teach some more")
            file = new_file(_LESSON_FILE)
            file.write_text(lesson.to_csv(), "utf-8")
            return self._fill(KeptForm(picked=Picked(choice=OWN, files={TASK: file})))

    def delete(self, owner: str, sure: bool) -> dict[Any, Any]:
        """Deletes everything of the visitor if they confirmed it. Then no run is shown, and no file."""
        if not sure:
            return {self._shown.run_id: gr.skip()}
        self._runs.delete_all(owner)
        self._kept.delete(owner)
        gr.Info("Your runs, their rows and models, and your files are deleted.")
        return {self._shown.run_id: "", **self._fill(KeptForm())}

    def _fill(self, kept: KeptForm) -> dict[Any, Any]:
        form = self._form
        return {**form.data.fill(kept.picked, kept.lost), **form.tests.fill(kept.tests)}
