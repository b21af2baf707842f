"""What the strip says of the form, before anything trains."""

import pytest

from mtl.data.examination import examine
from mtl.schema.config import PRESETS, TrainConfig
from mtl.schema.tasks import INTENT_LABELS, task_colours
from mtl.training.throughput import Throughput
from mtl.ui.train.plan_panel import bar_words, render_plan
from mtl.ui.train.row_counts import Counted, counted, expected_s, size_of
from mtl.ui.train.settings_form import form_of
from mtl.ui.train.strategies import STRATEGIES, strategy_cards
from tests.conftest import INTENT, SENTIMENT

PACE = Throughput(forward_s=1e-5, train_s=3e-5, step_s=4e-4, head_s=3e-4, regression_s=1e-9)

# Three of four rows have a capital or a final mark.
COUNTED = {
    name: Counted(rows=100, labels=labels, tokens=9.0, strippable=0.75)
    for name, labels in {
        "sentiment": ("negative", "positive"),
        "intent": INTENT_LABELS,
        "topic": ("billing", "delivery"),
    }.items()
}


@pytest.fixture(scope="module")
def counts():
    return counted({"sentiment": examine(SENTIMENT, "sentiment"), "intent": examine(INTENT, "intent")})


def _form(**settings):
    return {"layers": 2, **form_of(TrainConfig(**settings))}


def _blocks(shown):
    return [block for part in shown["parts"] for block in part["blocks"]]


def _how(shown):
    """A character for each block: the stage from which on it trains, or a dot."""
    marks = {"": ".", "↻": "1", "from stage 2": "2", "from stage 3": "3"}
    return "".join(marks[block["how"]] for block in _blocks(shown))


@pytest.mark.parametrize(
    ("freeze", "blocks"),
    [
        ("frozen", "........."),
        ("heads", ".......11"),
        ("last-2", ".....1111"),
        ("gradual", "...332211"),
        ("full", "111111111"),
    ],
)
def test_every_block_says_whether_it_trains(encoder, counts, freeze, blocks):
    shown = render_plan(encoder, PACE, counts, _form(freeze=freeze))
    assert _how(shown) == blocks
    assert [block["state"] == "trains" for block in _blocks(shown)] == [mark != "." for mark in blocks]
    assert list(shown["times"]) == list(STRATEGIES)
    assert shown["time"].endswith(("s", "min"))


def test_every_stage_says_its_layers_and_its_epochs(encoder, counts):
    first, *stages = render_plan(encoder, PACE, counts, _form(freeze="gradual", epochs=7))["stages"]
    assert first.startswith("Only what is marked learns")
    assert stages == [
        "Stage 1 of 3: the heads, 2 epochs or fewer",
        "Stage 2 of 3: layers 5, 6 and the heads, 2 epochs or fewer",
        "Stage 3 of 3: layers 3, 4, 5, 6 and the heads, 3 epochs or fewer",
    ]
    few = render_plan(encoder, PACE, counts, _form(freeze="gradual", epochs=2))["stages"]
    assert "2 epochs are enough for 2 only" in few[-1]


def test_lower_layers_learn_more_slowly_and_heads_have_their_own_rate(encoder, counts):
    shown = render_plan(encoder, PACE, counts, _form(freeze="last-2", head_lr=0.01, encoder_lr=3e-4))
    rates = [block["title"].split(", ")[-1] for block in _blocks(shown)][4:]
    assert rates == ["frozen", *(f"learning rate {rate}" for rate in ("0.0002", "0.0003", "0.01", "0.01"))]


def test_the_bar_says_rows_strategy_and_time(encoder, counts):
    plan = render_plan(encoder, PACE, counts, _form(freeze="last-2"))
    rows = sum(task.rows for task in counts.values())
    assert bar_words(plan, counts) == (f"{rows} rows, last 2 layers", f"about {plan['time']} on this machine")
    unknown = render_plan(encoder, None, counts, _form())
    assert bar_words(unknown, counts)[1] == "Measuring this machine ..."
    assert bar_words(render_plan(encoder, PACE, {}, _form()), {})[0] == "Not ready"


def test_the_cards_say_only_the_time_that_is_estimated(encoder, counts):
    plan = render_plan(encoder, PACE, counts, _form(freeze="last-3"))
    cards = {value: text for text, value in strategy_cards(plan["times"], 3)}
    assert cards["last"].splitlines() == [
        "Last layers",
        "The top 3 move too, slowly.",
        f"about {plan['times']['last']}",
    ]
    assert cards["frozen"].startswith("Only evaluate · nothing learns · about")
    assert strategy_cards()[1][0].splitlines() == ["Heads only", "The encoder stays as it is."]


def test_auto_says_what_the_rows_lead_to(encoder, counts):
    assert strategy_cards()[0] == ("Auto\nSuits the number of rows.", "auto")
    plan = render_plan(encoder, PACE, counts, _form(freeze="auto"))
    assert plan["auto"] == "warm-start" and plan["strategy"] == "contrastive start"
    assert strategy_cards(plan["times"], auto=plan["auto"])[0][0].splitlines() == [
        "Auto",
        "Here: contrastive start.",
        f"about {plan['times']['auto']}",
    ]
    assert plan["stages"][1:] == [
        "Stage 1 of 3: layers 1, 2, 3, 4, 5, 6 learn to pull sentences of one label together, "
        "5 epochs or fewer",
        "Stage 2 of 3: the heads, 5 epochs or fewer",
        "Stage 3 of 3: the same with the validation rows, too",
    ]


def test_rows_parameters_and_batches_are_said(encoder, counts):
    shown = render_plan(encoder, None, counts, _form(augmentation="off"))
    sentiment = counts["sentiment"].rows
    assert (
        f"{sentiment - round(0.2 * sentiment)} rows train, {round(0.2 * sentiment)} validate" in shown["rows"]
    )
    assert "of 16 + 16 rows per epoch" in shown["rows"]
    assert shown["stages"][0].startswith("Only what is marked learns: 13,445 of 22,")
    assert shown["times"] == {}


@pytest.mark.parametrize(("choice", "copied"), [("off", ()), ("auto", ("intent",)), ("on", tuple(COUNTED))])
def test_copies_count_as_rows(choice, copied):
    rows = {name: 80 + (60 if name in copied else 0) for name in COUNTED}
    sizes = size_of(COUNTED, TrainConfig(augmentation=choice))
    assert {name: size.train for name, size in sizes.items()} == rows
    assert {size.validation for size in sizes.values()} == {20}


def test_copies_are_in_the_batches_that_are_said(encoder):
    for choice, batches in (("off", 5), ("on", 9)):
        shown = render_plan(encoder, None, COUNTED, _form(augmentation=choice))
        assert f"{batches} batches of 16 + 16 + 16 rows per epoch" in shown["rows"]


def test_every_task_has_a_block_in_its_colour(encoder):
    heads = render_plan(encoder, PACE, COUNTED, _form())["parts"][1]
    assert heads["kind"] == "heads many"
    assert {block["what"]: block["colour"] for block in heads["blocks"]} == task_colours(COUNTED)
    assert heads["blocks"][2]["title"].startswith("Head of topic: ")


def test_what_is_off_is_said_at_once(encoder, counts):
    form = {**_form(), "head_lr": "fast"}
    assert "'fast'" in render_plan(encoder, PACE, counts, form)["problem"]
    assert "upload a CSV" in render_plan(encoder, PACE, {}, _form())["problem"]


def test_what_a_run_may_take_is_none_before_the_machine_was_measured(encoder, counts):
    config = PRESETS["recommended"]
    assert expected_s(encoder, None, counts, config) is None
    assert expected_s(encoder, PACE, counts, config) > 0
