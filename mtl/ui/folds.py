"""A row of quiet buttons; each opens its panel below, and a second press closes it."""

from collections.abc import Mapping
from typing import Any

import gradio as gr
from gradio.events import Dependency


class Folds:
    """Panels of which none or one is open; at first none is.

    Lay out each panel in `with folds.panel(name):`, then call `wire` once. `open` holds the name of the open
    panel, or "". A closed panel is not on the page at all, so its charts load only when they are asked for.
    """

    def __init__(self, titles: Mapping[str, str], elem_id: str) -> None:
        """The row of buttons; `titles` by the panels' names. The ids are `elem_id` and `elem_id-<name>`."""
        self.open = gr.State("")
        self._panels: dict[str, gr.Column] = {}
        with gr.Row(elem_classes="quiet", elem_id=elem_id):
            self._buttons = {
                name: gr.Button(title, size="sm", min_width=0, scale=0, elem_id=f"{elem_id}-{name}")
                for name, title in titles.items()
            }

    def panel(self, name: str) -> gr.Column:
        """The column that a button opens."""
        self._panels[name] = gr.Column(visible=False, elem_classes="fold")
        return self._panels[name]

    @property
    def outputs(self) -> list[Any]:
        """What `show` updates."""
        return [self.open, *self._panels.values(), *self._buttons.values()]

    def show(self, name: str) -> dict[Any, Any]:
        """Opens this panel and closes the others; "" closes all."""
        return {
            self.open: name,
            **{panel: gr.update(visible=key == name) for key, panel in self._panels.items()},
            **{
                button: gr.update(elem_classes="open" if key == name else [])
                for key, button in self._buttons.items()
            },
        }

    def wire(self) -> list[Dependency]:
        """Lets the buttons work; the events after which another panel is open."""

        def press(name: str) -> Any:
            return lambda opened: self.show("" if opened == name else name)

        return [
            button.click(press(name), self.open, self.outputs, show_progress="hidden")
            for name, button in self._buttons.items()
        ]
