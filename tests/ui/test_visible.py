"""Characters that cannot be seen are shown as signs, in whatever shows them."""

import html
import json

import anyio.from_thread
import gradio as gr
import pandas as pd
import plotly.graph_objects as go
import pytest

from mtl.ui.errors import refusal
from mtl.ui.face import preview
from mtl.ui.page import Page
from mtl.ui.visible import visible

HIDDEN = [*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0, 7, 0x1B, 0x7F, 0x85, 0x9B, 0x2028, 0x2029]
EVIL = "exe\u202egpj.\x07"
SEEN = "exe[U+202E]gpj.[U+0007]"


@pytest.mark.parametrize("number", HIDDEN, ids=hex)
def test_a_hidden_character_is_a_sign(number):
    assert visible(f"a{chr(number)}b") == f"a[U+{number:04X}]b"


@pytest.mark.parametrize(
    "text", ["a\tb\r\nc", "naïve café", "👩‍👧 👍🏽", "שלום\u200f!", "می\u200cخواهم", "", "[U+202E]"]
)
def test_any_other_text_stays_as_it_is(text):
    assert visible(text) == text


def _sent(component, value):
    """What the browser gets for a value, in JSON's own spelling."""
    with Page() as page:
        part = component()
        button = gr.Button()
        button.click(lambda: value, None, part)
    (function,) = page.fns.values()
    # A browser test in the same process leaves its event loop running in this thread.
    with anyio.from_thread.start_blocking_portal() as portal:
        return portal.call(page.postprocess_data, function, value, None)[0]


@pytest.mark.parametrize(
    ("component", "value"),
    [
        (lambda: gr.HTML(html_template="{{value.a}}"), {"a": [EVIL, {"b": EVIL}]}),
        (lambda: gr.HTML(), EVIL),
        (lambda: gr.Markdown(), EVIL),
        (lambda: gr.Button(), EVIL),
        (lambda: gr.Dataframe(interactive=False), pd.DataFrame({EVIL: [EVIL]})),
        (lambda: gr.Plot(), go.Figure(go.Bar(x=[EVIL], y=[1], hovertext=[EVIL]))),
    ],
    ids="template html markdown button table chart".split(),
)
def test_what_is_shown_is_visible(component, value):
    sent = json.dumps(_sent(component, value), default=lambda model: model.model_dump())
    assert "[U+202E]" in sent
    assert "202e" not in sent.replace("[U+202E]", "").lower()


def test_what_comes_back_is_as_it_was():
    assert _sent(lambda: gr.Textbox(), EVIL) == EVIL
    sent = _sent(lambda: gr.Dropdown(), gr.update(choices=[(EVIL, EVIL)], value=EVIL))
    assert [list(pair) for pair in sent["choices"]] == [[SEEN, EVIL]]
    assert sent["value"] == EVIL


def test_errors_and_the_preview_of_a_link_show_them_too():
    assert html.unescape(str(refusal(EVIL).message)) == SEEN
    assert SEEN in preview(title=EVIL, description=EVIL, root="")
    assert "\u202e" not in preview(title=EVIL, description=EVIL, root="")
