"""What the visitor picked to learn from, and where the rows of each task then come from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from mtl.data.bundled import bundled_files, source_report_files
from mtl.data.examination import LabelledRows
from mtl.data.joint import LabelColumn, label_columns
from mtl.model.multitask import MultiTaskModel
from mtl.schema.tasks import KNOWN_TASKS, MAX_TASKS
from mtl.ui.train.questions import Answers, Asked, ask
from mtl.ui.train.uploads import TaskSource, joint_columns, rows_of, table_of

OWN: Final = "My CSV files"
BUNDLED_CHOICE: Final = "Bundled sentences"
REPORT_CHOICE: Final = "Small set"


@dataclass(frozen=True, kw_only=True)
class Picked:
    """The data part of the form. `files`: the visitor's own, by task. `unticked`: tasks of a file with
    several label columns that are not learnt. `credits`: licence and citation of files that are data sets,
    by file name."""

    choice: str = BUNDLED_CHOICE
    files: Mapping[str, Path] = field(default_factory=dict)
    unticked: frozenset[str] = frozenset()
    answers: Answers = field(default_factory=Answers)
    credits: Mapping[str, str] = field(default_factory=dict)

    @property
    def joint(self) -> tuple[Path, tuple[LabelColumn, ...]] | None:
        """The file with several label columns, if there is one, and these columns.

        It lies alone in the box of a known task. A further file takes the place of the column of its name.
        """
        if self.choice != OWN:
            return None
        boxes = [(name, file) for name, file in self.files.items() if name in KNOWN_TASKS]
        if len(boxes) != 1:
            return None
        ((name, file),) = boxes
        columns = joint_columns(file, name)
        return (file, tuple(c for c in columns if c.task not in self._further())) if columns else None

    def _further(self) -> dict[str, Path]:
        return {name: file for name, file in self.files.items() if name not in KNOWN_TASKS}

    @property
    def learnt(self) -> tuple[LabelColumn, ...]:
        """The ticked columns of the file with several."""
        columns = self.joint[1] if self.joint else ()
        return tuple(column for column in columns if column.task not in self.unticked)

    def sources(self) -> dict[str, TaskSource]:
        """Where the rows of each task come from. Raises ValueError where there are no tasks, or too many."""
        files = dict(self.files)
        if self.choice != OWN:
            files = dict(bundled_files() if self.choice == BUNDLED_CHOICE else source_report_files())
        found: dict[str, TaskSource] = {}
        if self.joint:
            file, files, columns = self.joint[0], self._further(), self.learnt
            for column in columns:
                found[column.task] = TaskSource(
                    task=column.task, file=file, column=column.column, columns=columns
                )
        found |= {name: TaskSource(task=name, file=file) for name, file in files.items()}
        if not found:
            raise ValueError(
                "No task is ticked: tick what to learn."
                if self.joint
                else f"No file yet: upload a CSV for {' or '.join(KNOWN_TASKS)}, or for another task."
            )
        if len(found) > MAX_TASKS:
            raise ValueError(f"{len(found)} tasks are too many: leave some out, at most {MAX_TASKS} train.")
        return found

    def asked(self) -> dict[str, Asked]:
        """The rows of each task as they were examined. Raises ValueError as `sources`."""
        return ask(self.sources(), self.answers if self.choice == OWN else Answers())

    def rows(self, start: MultiTaskModel | None = None) -> list[LabelledRows]:
        """The clean rows of each task; in the labels of the model to start from, if there is one.

        Raises ValueError, which says what is wrong and what to do, where they cannot be trained on.
        """
        likes = {task.name: task for task in start.tasks} if start else {}
        asked = self.asked()
        if likes and (missing := [name for name in asked if name not in likes]):
            raise ValueError(
                f"The model to start from has no {missing[0]} head (it has {', '.join(likes)}): "
                "start from fresh heads."
            )
        return [
            rows_of(source, likes.get(name), asked[name].choice) for name, source in self.sources().items()
        ]

    @property
    def name(self) -> str:
        """What the rows are called: the choice, or the visitor's files."""
        if self.choice != OWN:
            return self.choice
        return " + ".join(dict.fromkeys(source.file.name for source in self.sources().values()))

    @property
    def credit(self) -> str:
        """Whose rows these are, for the card; "" where they are the visitor's own."""
        if self.choice != OWN:
            return ""
        names = dict.fromkeys(source.file.name for source in self.sources().values())
        return "; ".join(self.credits[name] for name in names if name in self.credits)

    def command_sources(self) -> dict[str, Any]:
        """What the command line is given for the same rows: the arguments of `Sources`."""
        choices = {name: asked.choice for name, asked in self.asked().items()}
        sources = self.sources()
        files = {name: self._shown(source.file) for name, source in sources.items() if not source.columns}
        if self.joint is None:
            return {"files": files, "choices": choices}
        file = self.joint[0]
        everything = {column.task for column in label_columns(table_of(file), most=None)}
        learn = tuple(column.task for column in self.learnt)
        return {
            "data": self._shown(file),
            "learn": () if everything == set(learn) else learn,
            "files": files,
            "choices": choices,
        }

    def _shown(self, file: Path) -> str:
        """A file as one would name it in the project's folder."""
        return file.name if self.choice == OWN else f"data/{file.name}"
