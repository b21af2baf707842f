"""What a visitor does with a file in Label a file: drop it, label, skip, undo, take the answers."""

import csv
from pathlib import Path
from typing import Any, Final

from mtl.data.table import read_table
from mtl.schema.formulas import guarded
from mtl.teaching.lesson import Lesson
from mtl.teaching.proposals import answers, current, with_next
from mtl.teaching.queue import Queue, read_queue, untaught
from mtl.teaching.queues import Held, Queues
from mtl.ui.downloads import new_file
from mtl.ui.train.queue_words import probabilities
from mtl.ui.train.teach_words import Teacher, key_of

_GONE: Final = "This file is not here any more: drop it again. What you labelled is kept"


class Labelling:
    """The files of all visitors. Their labels stand in lessons: the caller keeps the lesson that comes back.

    Every function raises ValueError, which says why, where it cannot.
    """

    def __init__(self, teacher: Teacher) -> None:
        self._teacher, self._queues = teacher, Queues(teacher.vectors)

    def begin(self, owner: str, file: str | None) -> None:
        """Takes a file in place of the one before."""
        if not file:
            raise ValueError("There is no file: drop a CSV file with a column called text")
        self._queues.begin(owner, read_queue(read_table(Path(file))))

    def held(self, owner: str) -> Held | None:
        """The file of a visitor."""
        return self._queues.get(owner or "")

    def read(self, held: Held) -> None:
        """Reads some more of its sentences."""
        self._queues.read(held)

    def forget(self, owner: str) -> None:
        """Deletes the file. The labels stay in the lesson."""
        self._queues.forget(owner or "")

    def chosen(self, owner: str, lesson: Lesson) -> Held | None:
        """The file, where the next ten are chosen if none is ahead."""
        held = self.held(owner)
        if held is None or len(lesson.labels) < 2:
            return held
        queue = with_next(held.queue, lesson, self._teacher.taught(lesson), held.vectors)
        # The ten are answered at once when their turn comes.
        self._teacher.vectors.layer_embeddings([one.text for one in queue.ahead])
        self._queues.put(owner, held, queue, unless_changed=True)
        return self.held(owner) or held

    def act(self, owner: str, lesson: Lesson, data: Any) -> Lesson:
        """Does what a button or a key of the queue asks for; the lesson afterwards. What was meant for a
        sentence that is not in focus any more does nothing."""
        held = self.held(owner)
        if held is None:
            raise ValueError(_GONE)
        told = data if isinstance(data, dict) else {}
        what, queue = told.get("what"), current(held.queue, lesson)
        if what == "undo":
            before, lost = queue.undo()
            lesson = untaught(lesson, lost)
            self._queues.put(owner, held, before)
        elif what == "more":
            self._queues.put(owner, held, queue.other_ten())
        elif queue.ahead and key_of(queue.ahead[0].text) == told.get("key"):
            if what == "skip":
                self._queues.put(owner, held, queue.skip())
            elif what == "label":
                lesson = self._label(owner, held, queue, lesson, told)
        return lesson

    def _label(self, owner: str, held: Held, queue: Queue, lesson: Lesson, told: dict[str, Any]) -> Lesson:
        label = next((name for name in lesson.names if key_of(name) == told.get("label")), None)
        if label is None:
            raise ValueError("This label is not here any more: reload the page")
        ticked = told.get("ticked")
        keys = set(map(str, ticked)) if isinstance(ticked, list) else set()
        alike = [place for place in queue.alike if key_of(queue.texts[place]) in keys]
        places = [queue.ahead[0].row, *alike]
        agreed = self._agrees(queue, lesson, label)
        after = lesson.teach([queue.texts[place] for place in places], label)
        self._queues.put(owner, held, queue.answer(places, agreed))
        return after

    def _agrees(self, queue: Queue, lesson: Lesson, label: str) -> bool | None:
        if not queue.doubted or len(lesson.labels) < 2 or self._teacher.taught(lesson).guessed:
            return None
        shares = probabilities(queue.ahead[0].text, lesson, self._teacher)
        return lesson.names[max(range(len(shares)), key=shares.__getitem__)] == label

    def save(self, owner: str, lesson: Lesson) -> str:
        """A CSV file with the answer for each row of the file."""
        held = self.held(owner)
        if held is None:
            raise ValueError(_GONE)
        rows = answers(held.queue, lesson, self._teacher.taught(lesson), held.vectors)
        file = new_file("answers.csv")
        with file.open("w", newline="", encoding="utf-8") as out:
            writer = csv.writer(out, lineterminator="\n")
            writer.writerow(["text", "label", "probability"])
            for text, label, share in rows:
                writer.writerow([guarded(text), guarded(label), "" if share is None else f"{share:.4f}"])
        return str(file)
