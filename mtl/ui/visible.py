"""Characters that cannot be seen and change what is: overrides of the writing direction, control characters.

A visitor's text may hold them: a label, a name of a file, a column. Where the page shows a text, they are
signs that can be seen; what the page computes with, keeps and gives away stays as it is.
"""

import re
from collections.abc import Sequence
from typing import Any, Final

import gradio as gr

from mtl.ui.literals import each_text

# Embeddings, overrides and isolates of the writing direction, by which a text reorders what stands beside it.
# The marks U+200E and U+200F, which scripts written from the right need, reorder no letter.
_DIRECTIONS: Final = "\u202a-\u202e\u2066-\u2069"
# All but tab and line breaks; U+2028 and U+2029 are line breaks that only some programs know.
_CONTROLS: Final = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029"
_HIDDEN: Final = re.compile(f"[{_DIRECTIONS}{_CONTROLS}]")
# The same as JSON within a text spells them: charts are sent so.
_SPELLED: Final = re.compile(
    r"\\u(202[a-e89]|206[6-9]|00(?:0[0-8bcef]|1[0-9a-f])|007f|00[89][0-9a-f])", re.IGNORECASE
)
# What a visitor writes and reads back is theirs, and has to come back as it is.
_THEIRS: Final = (gr.Textbox, gr.BrowserState, gr.State, gr.File, gr.UploadButton, gr.DownloadButton)


def visible(text: str) -> str:
    """The text with each such character as its number: "[U+202E]"."""
    return _HIDDEN.sub(lambda found: f"[U+{ord(found[0]):04X}]", text)


def shown(components: Sequence[Any], values: Sequence[Any]) -> list[Any]:
    """Values of components, or updates of them, as they may be shown."""
    return [_shown(part, value) for part, value in zip(components, values, strict=True)]


def _shown(component: Any, value: Any) -> Any:
    if isinstance(component, gr.Plot):
        return each_text(_visible_json, value)
    if isinstance(component, gr.Dataframe) and component.interactive:
        return value
    if isinstance(component, gr.Radio | gr.Dropdown | gr.CheckboxGroup):
        return _with_visible_names(value)
    return value if isinstance(component, _THEIRS) else each_text(visible, value)


def _with_visible_names(value: Any) -> Any:
    """An update of choices: their names are shown, their values come back."""
    if not isinstance(value, dict) or not value.get("choices"):
        return value
    pairs = ((one, one) if isinstance(one, str) else one for one in value["choices"])
    return {**value, "choices": [[visible(f"{name}"), key] for name, key in pairs]}


def _visible_json(text: str) -> str:
    return visible(_SPELLED.sub(lambda found: f"[U+{found[1].upper()}]", text))
