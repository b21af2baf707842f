"""What the Train tab shows of a file, what it asks, and what becomes of the answers."""

from pathlib import Path

import gradio as gr
import pytest

from mtl.model.multitask import untrained
from mtl.runs.command_line import Sources, command_line
from mtl.schema.config import RECOMMENDED
from mtl.ui.train import uploads
from mtl.ui.train.data_panel import DataPanel
from mtl.ui.train.picked import BUNDLED_CHOICE, OWN, REPORT_CHOICE, Picked
from mtl.ui.train.questions import Answers

NASTY = Path(__file__).parents[1] / "data" / "nasty"


@pytest.fixture(scope="module")
def panel():
    with gr.Blocks():
        return DataPanel()


def _picked(sentiment=None, intent=None, **more):
    files = {"sentiment": sentiment, "intent": intent}
    return Picked(choice=OWN, files={name: NASTY / file for name, file in files.items() if file}, **more)


def _shown(panel, picked):
    """The values of the panel by the ids of its components, and the questions that are asked by their ids."""
    values = {box.elem_id: value for box, value in panel.render(picked).items() if box.elem_id}
    boxes = {box.elem_id for box in panel._questions.boxes}
    questions = {name: value for name, value in values.items() if name in boxes and value["visible"]}
    return values, questions


def _cards(panel, picked):
    return _shown(panel, picked)[0]["data-summary"]["cards"]


def _problems(panel, picked):
    return _shown(panel, picked)[0]["data-summary"]["problems"]


def _parts(card):
    return [part["words"] for part in card["parts"]]


def _chips(card):
    return [(chip["words"], chip["kind"]) for chip in card["chips"]]


def _columns(question):
    return [name for name, _ in question["choices"]]


def _first_text(panel, picked):
    return panel.render(picked)[panel._preview]["text"].tolist()[0]


def test_files_are_named_as_in_the_project_s_folder():
    bundled = {"sentiment": "data/sentiment.csv", "intent": "data/intent.csv"}
    assert Picked(choice=BUNDLED_CHOICE).command_sources()["files"] == bundled
    report = Picked(choice=REPORT_CHOICE).command_sources()
    assert report["files"] == {
        "sentiment": "data/report_sentiment.csv",
        "intent": "data/report_intent.csv",
    }
    assert set(report["choices"]) == set(bundled)
    assert _picked(intent="crlf.csv").command_sources()["files"] == {"intent": "crlf.csv"}
    with pytest.raises(ValueError, match="No file yet: upload a CSV for sentiment or intent"):
        _picked().sources()


def test_a_proper_file_is_counted_and_nothing_is_asked(panel):
    picked = _picked("crlf.csv")
    values, questions = _shown(panel, picked)
    (card,) = values["data-summary"]["cards"]
    assert (card["file"], card["labels"]) == ("crlf.csv", "positive 2, negative 2")
    assert (_parts(card), card["chips"], card["problems"]) == (["4 used"], [], [])
    assert values["data-issues"]["visible"] is False and values["finding"]["visible"] is False
    assert values["learn"]["visible"] is False
    assert _first_text(panel, picked) == "The soup was lovely"
    assert questions == {}


def test_what_needs_an_answer_is_open_with_its_rows(panel):
    picked = _picked("one_row_of_a_class.csv", "one_row_of_three_intents.csv")
    values, _ = _shown(panel, picked)
    sentiment, intent = values["data-summary"]["cards"]
    assert "1 alone with their label" in _parts(intent)
    assert sentiment["problems"] == intent["problems"] == []  # it is told beside its rows
    assert [kind for _, kind in _chips(sentiment)] == ["asks open"]
    detail = values["data-issues"]["value"]
    assert values["finding"]["visible"] is True
    assert detail["columns"] == ["row", "text", "label"]
    assert detail["rows"] == [["4", "Cold soup", "negative"]]
    # Another finding is opened by its chip.
    chip = intent["chips"][0]
    opened = {box.elem_id: value for box, value in panel.render(picked, chip["key"]).items() if box.elem_id}
    assert opened["data-issues"]["value"]["rows"][0][0] == "6"
    assert opened["data-issues"]["value"]["action"] == "left out of training."
    sentiment, intent = opened["data-summary"]["cards"]
    assert intent["chips"][0]["kind"] == "open"
    assert sentiment["problems"][0].startswith("Row 4: ")


def test_what_is_left_out_is_a_part_of_the_bar(panel, tmp_path):
    file = tmp_path / "a_name_that_is_rather_long_for_a_card_2024.csv"
    rows = [f"Sentence number {n},{(1, 5)[n % 2]}" for n in range(20)]
    file.write_text("\n".join(["text,stars", *rows, *rows[:3], "So so,3", "Hm,3", ",4"]) + "\n", "utf-8")
    picked = Picked(choice=OWN, files={"sentiment": file})
    (card,) = _cards(panel, picked)
    assert sorted(_parts(card)) == ["1 empty", "2 neutral stars", "20 used", "3 duplicates"]
    assert sum(part["rows"] for part in card["parts"]) == 26
    assert card["begin"] + card["tail"] == card["file"] == file.name
    assert card["tail"].endswith("2024.csv")


def test_an_open_column_is_asked_for_and_the_answer_is_used(panel):
    values, questions = _shown(panel, _picked("two_text_columns.csv"))
    (card,) = values["data-summary"]["cards"]
    assert _chips(card)[0][1] == "asks open"
    assert values["finding"]["visible"] is True
    (question,) = questions.values()
    assert question["label"] == "Sentiment: the column of texts"
    assert _columns(question) == ["review", "comment"]
    answered = _picked("two_text_columns.csv", answers=Answers(columns={("sentiment", "text"): "comment"}))
    values, questions = _shown(panel, answered)
    assert values["data-summary"]["cards"][0]["problems"] == []
    assert values["finding"]["visible"] is True  # the question stays beside the rows
    assert _first_text(panel, answered) == "The soup was lovely"
    (question,) = questions.values()
    assert question["value"] == "sentiment|comment"  # still there, to change one's mind
    (rows,) = answered.rows()
    assert rows.texts[0] == "The soup was lovely"


def test_a_guessed_column_can_be_corrected(panel):
    _, questions = _shown(panel, _picked(intent="no_header_labels_first.tsv"))
    question = questions["text-column-1"]
    assert question["label"] == "Intent: the column of texts"
    assert _columns(question) == ["column 1", "column 2"]
    assert question["value"] is None


def test_open_labels_are_asked_for_and_the_rest_is_left_out(panel):
    _, questions = _shown(panel, _picked("zero_one_two.csv"))
    assert list(questions) == ["mean-negative", "mean-positive"]
    assert questions["mean-negative"]["choices"] == ["0", "1", "2"]
    meanings = {("sentiment", "negative"): ["0"], ("sentiment", "positive"): ["2"]}
    answered = _picked("zero_one_two.csv", answers=Answers(cells=meanings))
    values, questions = _shown(panel, answered)
    (card,) = values["data-summary"]["cards"]
    assert (card["parts"][0]["words"], card["labels"]) == ("4 used", "negative 2, positive 2")
    assert questions["mean-positive"]["value"] == ["2"]
    assert "'1' left out" in card["chips"][0]["title"]
    (rows,) = answered.rows()
    assert rows.counts() == {"negative": 2, "positive": 2}


def test_answers_that_belong_to_another_file_are_forgotten(panel):
    answers = Answers(
        columns={("sentiment", "text"): "comment", ("sentiment", "label"): "mood", ("topic", "text"): "text"},
        cells={("sentiment", "negative"): ["9"], ("sentiment", "positive"): ["2"]},
    )
    values, questions = _shown(panel, _picked("crlf.csv", answers=answers))
    assert values["data-summary"]["cards"][0]["labels"] == "positive 2, negative 2"
    assert questions == {}
    _, questions = _shown(panel, _picked("zero_one_two.csv", answers=answers))
    assert (questions["mean-negative"]["value"], questions["mean-positive"]["value"]) == ([], ["2"])


def test_a_file_that_leaves_something_open_cannot_be_trained_on():
    with pytest.raises(ValueError, match=r"zero_and_four.csv: .*unknown meaning.*probably 0 = negative"):
        _picked("zero_and_four.csv").rows()


def test_one_file_may_hold_both_tasks(panel):
    cards = _cards(panel, _picked(intent="joint_with_blanks.csv"))
    assert [card["title"] for card in cards] == ["Sentiment", "Intent"]


def test_bundled_sentences_have_no_findings(panel):
    values, questions = _shown(panel, Picked())
    cards = values["data-summary"]["cards"]
    assert [card["file"] for card in cards] == ["sentiment.csv", "intent.csv"]
    assert all(card["chips"] == [] for card in cards)
    assert values["finding"]["visible"] is False
    assert questions == {} and values["learn"]["visible"] is False


@pytest.fixture
def joint(tmp_path):
    """Three columns of labels; the first says sentiment."""
    file = tmp_path / "joint.csv"
    rows = [
        f"Sentence number {number} is here,{('negative', 'positive')[number % 2]},"
        f"{('billing', 'delivery', 'other')[number % 3]},{('low', 'high')[number // 2 % 2]}"
        for number in range(24)
    ]
    file.write_text("\n".join(["text,sentiment,topic,urgency", *rows]) + "\n", "utf-8")
    return file


def test_a_file_with_several_label_columns_has_ticks(panel, joint):
    picked = Picked(choice=OWN, files={"sentiment": joint})
    values, questions = _shown(panel, picked)
    tasks = ["sentiment", "topic", "urgency"]
    assert values["learn"] == gr.update(choices=tasks, value=tasks, visible=True)
    titles = [card["title"] for card in values["data-summary"]["cards"]]
    assert titles == ["Sentiment", "Topic", "Urgency"]
    assert questions == {}
    assert list(panel.render(picked)[panel.counted]) == tasks
    assert [rows.task.name for rows in picked.rows()] == tasks
    assert picked.command_sources() | {"choices": {}} == {
        "data": "joint.csv",
        "learn": (),
        "files": {},
        "choices": {},
    }


def test_the_command_says_what_was_answered_about_a_column_of_several(joint):
    joint.write_text(joint.read_text("utf-8").replace("negative", "7").replace("positive", "9"), "utf-8")
    meanings = {("sentiment", "negative"): ["7"], ("sentiment", "positive"): ["9"]}
    picked = Picked(choice=OWN, files={"sentiment": joint}, answers=Answers(cells=meanings))
    assert picked.rows()[0].counts() == {"negative": 12, "positive": 12}
    command = command_line(RECOMMENDED, Sources(**picked.command_sources()))
    assert command == (
        "python -m mtl train --data joint.csv --label=sentiment:7=negative --label=sentiment:9=positive "
        "--out my-model"
    )


def test_a_task_without_a_tick_is_not_learnt(panel, joint):
    picked = Picked(choice=OWN, files={"intent": joint}, unticked=frozenset({"topic"}))
    values, _ = _shown(panel, picked)
    assert values["learn"]["choices"] == ["sentiment", "topic", "urgency"]
    assert values["learn"]["value"] == ["sentiment", "urgency"]
    assert [rows.task.name for rows in picked.rows()] == ["sentiment", "urgency"]
    assert picked.command_sources()["learn"] == ("sentiment", "urgency")
    nothing = Picked(
        choice=OWN, files={"sentiment": joint}, unticked=frozenset({"sentiment", "topic", "urgency"})
    )
    with pytest.raises(ValueError, match="No task is ticked"):
        nothing.rows()
    assert _problems(panel, nothing)[0].startswith("No task is ticked")


def test_a_tick_that_has_not_been_shown_yet_counts(panel, joint):
    values = dict.fromkeys(panel.inputs)
    values |= {panel._choice: OWN, panel._learn: [], panel._ticks: [], panel._files._added: {}}
    values[panel._files._boxes["sentiment"]] = str(joint)
    picked = panel.read(values)
    assert list(picked.sources()) == ["sentiment", "topic", "urgency"]
    assert panel.render(picked)[panel._ticks] == ["sentiment", "topic", "urgency"]
    values |= {panel._ticks: ["sentiment", "topic", "urgency"], panel._learn: ["topic"]}
    assert list(panel.read(values).sources()) == ["topic"]


def test_a_file_with_a_general_label_column_is_about_one_task(tmp_path):
    file = tmp_path / "one.csv"
    rows = [f"Sentence {n} here,{('pos', 'neg')[n % 2]},{('web', 'app')[n // 2 % 2]}" for n in range(12)]
    file.write_text("\n".join(["text,label,channel", *rows]) + "\n", "utf-8")
    assert list(Picked(choice=OWN, files={"sentiment": file}).sources()) == ["sentiment"]
    (rows,) = Picked(choice=OWN, files={"sentiment": file}).rows()
    assert rows.counts() == {"negative": 6, "positive": 6}


def test_a_further_file_adds_a_task_and_takes_the_place_of_a_column(panel, joint, tmp_path):
    topic = tmp_path / "topic.csv"
    rows = [f"Another sentence {n},{('fruit', 'bread')[n % 2]}" for n in range(12)]
    topic.write_text("\n".join(["text,label", *rows]) + "\n", "utf-8")
    alone = Picked(choice=OWN, files={"tone": topic})
    assert [row.task.labels for row in alone.rows()] == [("bread", "fruit")]
    both = Picked(choice=OWN, files={"sentiment": joint, "topic": topic})
    assert {row.task.name: len(row.texts) for row in both.rows()} == {
        "sentiment": 24,
        "urgency": 24,
        "topic": 12,
    }
    sources = both.command_sources()
    assert (sources["data"], sources["learn"]) == ("joint.csv", ("sentiment", "urgency"))
    assert sources["files"] == {"topic": "topic.csv"}
    assert _shown(panel, both)[0]["learn"]["choices"] == ["sentiment", "urgency"]


def test_more_tasks_than_can_be_learnt_are_refused(panel, joint, tmp_path):
    files = {"sentiment": joint, **{f"further {number}": joint for number in range(6)}}
    picked = Picked(choice=OWN, files=files)
    with pytest.raises(ValueError, match="9 tasks are too many: leave some out, at most 8"):
        picked.rows()
    assert _problems(panel, picked)[0].startswith("9 tasks are too many")


def test_a_model_to_start_from_must_have_the_heads(joint, encoder):
    with pytest.raises(ValueError, match=r"no topic head \(it has sentiment, intent\): start from fresh"):
        Picked(choice=OWN, files={"sentiment": joint}).rows(untrained(encoder))


def test_a_file_is_read_and_examined_once_between_upload_and_start(panel, joint, monkeypatch):
    done = []

    def counted(name, work):
        def call(*arguments):
            done.append(name)
            return work(*arguments)

        return call

    for name in ("read_table", "examine"):
        monkeypatch.setattr(uploads, name, counted(name, getattr(uploads, name)))
    picked = Picked(choice=OWN, files={"sentiment": joint})
    panel.render(picked)
    panel.render(picked)
    assert len(picked.rows()) == 3
    picked.command_sources()
    assert sorted(done) == ["examine"] * 3 + ["read_table"]
    joint.write_text(joint.read_text("utf-8") + "One more,positive,billing,low\n", "utf-8")
    assert len(picked.rows()[0].texts) == 25
    assert done.count("read_table") == 2


def test_the_answers_say_which_task_they_belong_to(panel):
    values = dict.fromkeys(panel._questions.boxes)
    box = next(box for box in panel._questions.boxes if box.elem_id == "text-column-1")
    answers = panel._questions.read({**values, box: "topic|a|b"})
    assert answers.columns == {("topic", "text"): "a|b"}
    assert not any(answers.cells.values())


def test_the_panel_fills_every_question(panel, joint):
    for picked in (Picked(), _picked("zero_one_two.csv"), Picked(choice=OWN, files={"sentiment": joint})):
        assert set(panel.render(picked)) >= set(panel._questions.boxes)
    assert len(set(panel.inputs)) == len(panel.inputs)
