"""What one does on the Train tab: a new run, teaching a model live, or looking at one's runs."""

from collections.abc import Callable
from typing import Any, Final

import gradio as gr
from gradio.events import Dependency

PLACES: Final = {"new": "New run", "teach": "Teach", "runs": "My runs"}


class Places:
    """A row of quiet buttons and a column for each, of which one is shown."""

    def __init__(self) -> None:
        with gr.Row(elem_classes="quiet", elem_id="places"):
            self._buttons = {
                name: gr.Button(
                    title,
                    size="sm",
                    min_width=0,
                    scale=0,
                    elem_id=f"place-{name}",
                    elem_classes="open" if name == "new" else [],
                )
                for name, title in PLACES.items()
            }
        self.columns = {name: gr.Column(visible=name == "new", elem_id=f"in-{name}") for name in PLACES}

    @property
    def opens(self) -> dict[str, Callable[..., Dependency]]:
        """The events that open each place."""
        return {name: button.click for name, button in self._buttons.items()}

    @property
    def outputs(self) -> list[Any]:
        """What `show_js` gives values for."""
        return [*self.columns.values(), *self._buttons.values()]

    def wire(self) -> None:
        """Lets the buttons work."""
        for name, button in self._buttons.items():
            button.click(None, None, self.outputs, js=f"() => {show_js(name)}")


def show_js(name: str) -> str:
    """JavaScript for values of `Places.outputs` that show this place."""
    columns = [f"{{__type__: 'update', visible: {str(key == name).lower()}}}" for key in PLACES]
    buttons = [f"{{__type__: 'update', elem_classes: {['open'] if key == name else []}}}" for key in PLACES]
    return f"[{', '.join([*columns, *buttons])}]"
