"""The bar at the bottom of the Train tab: what Start will do, then how far the run is, with Stop."""

from typing import Any, Final

import gradio as gr

from mtl.runs.view import RunView
from mtl.schema.events import RunEnd
from mtl.schema.words import duration
from mtl.ui.train.progress import progress_bar

STATUS: Final = """
<div class="words"><b role="status">{{value.title}}</b><span>{{value.detail}}</span></div>
{{#if value.runs}}<div class="track" role="progressbar" aria-label="progress of the run" aria-valuemin="0"
  aria-valuemax="100" aria-valuenow="{{value.percent}}"><div style="width:{{value.percent}}%"></div>
</div>{{/if}}"""

STATUS_CSS: Final = """
.words { display: flex; flex-wrap: wrap; gap: 0 12px; align-items: baseline; line-height: 1.35; }
b { color: var(--body-text-color); }
span { color: var(--body-text-color-subdued); font-size: var(--text-s);
       font-variant-numeric: tabular-nums; }
.track { height: 6px; margin-top: 6px; border-radius: 3px; background: rgba(128,128,128,.22);
         overflow: hidden; }
.track div { height: 100%; border-radius: 3px; background: var(--combined); transition: width .25s linear; }
"""
_OVER: Final = {
    "finished": "Done in",
    "stopped": "Stopped after",
    "failed": "Failed after",
    "interrupted": "Interrupted",
}


class BottomBar:
    """`status` is filled by the plan while no run goes on, and by the run while one does."""

    def __init__(self) -> None:
        with gr.Row(elem_id="bottom-bar"):
            self.status = gr.HTML(
                status(""), html_template=STATUS, css_template=STATUS_CSS, scale=1, elem_id="bar-status"
            )
            # Each with a width of its own: what stands beside it never moves.
            own: dict[str, Any] = {"scale": 0, "min_width": 130}
            self.resume = gr.Button("Resume", visible=False, elem_id="resume", **own)
            self.stop = gr.Button("Stop", variant="stop", visible=False, elem_id="stop", **own)
            self.start = gr.Button("Start", variant="primary", elem_id="start", **own)
        self.outputs: list[Any] = [self.status, self.resume, self.stop, self.start]

    def render_plan(self, title: str, detail: str) -> dict[Any, Any]:
        """What Start would do."""
        return {self.status: status(title, detail), self.start: gr.update(value="Start")}

    def render_run(self, view: RunView, shown: RunView | None = None) -> dict[Any, Any]:
        """A run, by component; without the buttons where they are as they were at `shown`. Nothing for the
        example, which is nobody's run."""
        if not view.id:
            return {}
        values: dict[Any, Any] = {self.status: _run_status(view)}
        return values if shown is not None and shown.state == view.state else values | self._buttons(view)

    def render_idle(self) -> dict[Any, Any]:
        """The buttons where there is no run."""
        return {
            self.resume: gr.update(visible=False),
            self.stop: gr.update(visible=False),
            self.start: gr.update(visible=True, interactive=True, value="Start"),
        }

    def _buttons(self, view: RunView) -> dict[Any, Any]:
        asked = view.state == "stopping"
        return {
            self.resume: gr.update(visible=view.resumable),
            self.stop: gr.update(
                visible=not view.over, interactive=not asked, value="Stopping ..." if asked else "Stop"
            ),
            self.start: gr.update(visible=view.over, interactive=True, value="Start again"),
        }


def status(title: str, detail: str = "", percent: int | None = None) -> dict[str, Any]:
    """Values for the template of `BottomBar.status`; `percent` in [0, 100] while a run goes on."""
    return {"title": title, "detail": detail, "percent": percent, "runs": percent is not None}


def _run_status(view: RunView) -> dict[str, Any]:
    if view.over:
        end = view.events[-1] if view.events else None
        took = f" {duration(end.seconds)}" if isinstance(end, RunEnd) and end.seconds else ""
        return status((_OVER[view.state] if took else _OVER[view.state].split()[0]) + took)
    if view.state == "waiting":
        about = "" if view.wait_s is None else f": its turn in about {duration(view.wait_s)}"
        return status(f"Waiting{about}", f"Place {view.position} in the queue", 0)
    bar = progress_bar(view)
    return status(bar["text"], bar["eta"], bar["percent"])
