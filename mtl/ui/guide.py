"""A guided minute for newcomers: type, look, train, see it learn. Whoever closes it does not see it again."""

from dataclasses import dataclass
from typing import Any, Final

import gradio as gr


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing to do: what it is, the button that goes on, and the tab on which it is done."""

    what: str
    text: str
    button: str
    tab: str


STEPS: Final = (
    Step(what="New here?", text="See it all in one minute.", button="Begin", tab=""),
    Step(what="1 Type.", text="Change a word, and watch both answers follow.", button="Next", tab="predict"),
    Step(
        what="2 Look.", text="Sentences that are alike lie close together.", button="Next", tab="embeddings"
    ),
    Step(
        what="3 Train.",
        text="100 rows are chosen. Press Start: it takes seconds.",
        button="Next",
        tab="train",
    ),
    Step(what="4 See it learn.", text="The loss falls. Then press Try it.", button="", tab="train"),
)
TRAINING: Final = 3
_TEXT: Final = "<span><b>{{value.what}}</b> {{value.text}}</span>"
# `page.js` reads this before anything is drawn.
_CLOSE: Final = """() => {
    try { localStorage.setItem("sentence-lab-guided", "yes"); } catch { /* it comes back next time */ }
    document.documentElement.classList.add("guided");
}"""


class Guide:
    """The bar at the top."""

    def __init__(self) -> None:
        self._step = gr.State(0)
        with gr.Row(elem_id="guide"):
            self._text = gr.HTML(_shown(0), html_template=_TEXT, padding=False)
            self._next = gr.Button(STEPS[0].button, size="sm", scale=0, min_width=0, elem_id="guide-next")
            self._last = gr.Button(
                "Done", size="sm", scale=0, min_width=0, elem_id="guide-done", visible=False
            )
            close = gr.Button("Close", size="sm", scale=0, min_width=0, elem_id="guide-close")
        for button in (close, self._last):
            button.click(None, None, None, js=_CLOSE)

    def wire(self, tabs: gr.Tabs, choose_rows: dict[Any, Any]) -> None:
        """Lets it lead from tab to tab; `choose_rows` are the updates that choose rows to train on."""

        def go_on(step: int) -> dict[Any, Any]:
            following = min(step + 1, len(STEPS) - 1)
            at, last = STEPS[following], following == len(STEPS) - 1
            return {
                self._step: following,
                self._text: _shown(following),
                self._next: gr.update(value=at.button, visible=not last),
                self._last: gr.update(visible=last),
                tabs: gr.update(selected=at.tab),
                **(choose_rows if following == TRAINING else {}),
            }

        outputs = [self._step, self._text, self._next, self._last, tabs, *choose_rows]
        self._next.click(go_on, self._step, outputs, show_progress="hidden")


def _shown(step: int) -> dict[str, str]:
    return {"what": STEPS[step].what, "text": STEPS[step].text}
