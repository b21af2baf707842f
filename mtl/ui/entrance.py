"""The one entrance to everything that the page can do, for its buttons and for anybody who calls it directly.

What arrives is checked before a component sees it, and whatever goes wrong afterwards is answered by a
sentence: no traceback, no path, no text of somebody else.
"""

import logging
import math
import re
import traceback
from collections.abc import Callable, Sequence
from typing import Any, Final

import gradio as gr
from gradio.components.api_component import Api

from mtl.data.issues import Unusable
from mtl.model.whole import why_not
from mtl.schema.limits import LimitExceeded, limits
from mtl.schema.tasks import LabelCountError
from mtl.ui.errors import refusal

LONGEST_OWNER: Final = 200
_DEEPEST: Final = 20
_LARGEST: Final = 2**53
_HALF: Final = re.compile("[\ud800-\udfff]")
_FAILED: Final = "The page could not do this. Reload it and try again; what you made is kept."
# Errors whose text is written for the visitor.
_TOLD: Final = (ValueError, LimitExceeded, LabelCountError, Unusable)

_log = logging.getLogger(__name__)


def told(error: Exception, *, to_program: bool = False) -> gr.Error:
    """An error as a sentence for the visitor, or for a program, which shows no markup. Where its text is not
    written for them, the log says where it happened, without what was given."""
    if type(error) in _TOLD:
        return refusal(error, escaped=not to_program)
    if isinstance(error, OSError) and (why := why_not(error)):
        return refusal(why)
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{frame.filename}:{frame.lineno}" for frame in frames if "/mtl/" in frame.filename]
    _log.error("%s at %s", type(error).__name__, places[-1] if places else "the entrance")
    return refusal(_FAILED)


def is_named(function: Any) -> bool:
    """Whether a function of the page is one that other programs may call (see `api`)."""
    return bool(function.outputs) and all(isinstance(part, Api) for part in function.outputs)


def with_defaults(function: Any, values: Any) -> Any:
    """The values of a request to a function, those that a program left out filled in."""
    if not is_named(function) or not isinstance(values, list):
        return values
    return [*values, *(part.value for part in function.inputs[len(values) :])]


def check_request(components: Sequence[Any], values: Any) -> None:
    """Raises ValueError, saying what and why, unless each value is of a kind that its component takes."""
    if not isinstance(values, list) or len(values) != len(components):
        count = len(values) if isinstance(values, list) else 0
        raise ValueError(f"This takes {len(components)} values and got {count}: reload the page")
    budget = _Budget()
    for component, value in zip(components, values, strict=True):
        budget.spend(value)
        kind, takes = _takes(component)
        if value is not None and not component.stateful and not takes(value):
            raise ValueError(f"{_named(component)} takes {kind}, not {_called(value)}: reload the page")
        if value and kind == "a file" and not limits().uploads:
            raise LimitExceeded("This page takes no files", "use the bundled sentences, or type your own")


class _Budget:
    """The characters that a request may still have."""

    def __init__(self) -> None:
        self._left = limits().request_characters

    def spend(self, value: Any, depth: int = 0) -> None:
        if depth > _DEEPEST:
            raise ValueError(f"The request is nested more than {_DEEPEST} deep: reload the page")
        if isinstance(value, str):
            self._take(len(value))
            if _HALF.search(value):
                raise ValueError("The text holds half a character (a lone surrogate): type it again")
        elif isinstance(value, float | int) and not -_LARGEST <= value <= _LARGEST:
            raise ValueError("The request holds something that is no usable number: correct it")
        elif isinstance(value, dict):
            for key, inner in value.items():
                self.spend(key, depth + 1)
                self.spend(inner, depth + 1)
        elif isinstance(value, list | tuple):
            self._take(len(value))
            for inner in value:
                self.spend(inner, depth + 1)

    def _take(self, count: int) -> None:
        self._left -= count
        if self._left < 0:
            raise limits().refusal("request_characters", "The request is too long", "send less at once")


def is_text(value: Any) -> bool:
    return isinstance(value, str)


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_switch(value: Any) -> bool:
    return isinstance(value, bool)


def _is_choice(value: Any) -> bool:
    return is_text(value) or is_number(value) or _are_choices(value)


def _are_choices(value: Any) -> bool:
    return isinstance(value, list) and all(is_text(one) or is_number(one) for one in value)


def _is_owner(value: Any) -> bool:
    return is_text(value) and len(value) <= LONGEST_OWNER


def _is_table(value: Any) -> bool:
    """As Gradio's table sends it: names of columns, and a row of cells for each line."""
    if not isinstance(value, dict) or not _are_choices(value.get("headers")):
        return False
    rows, width = value.get("data"), len(value["headers"])
    return isinstance(rows, list) and all(isinstance(row, list) and len(row) == width for row in rows)


def _is_file(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("path"), str)


def _are_files(value: Any) -> bool:
    return _is_file(value) or (isinstance(value, list) and all(map(_is_file, value)))


_Check = tuple[str, Callable[[Any], bool]]
_ANYTHING: Final[_Check] = ("anything", lambda value: True)
_BY_KIND: Final[dict[type, _Check]] = {
    gr.Textbox: ("text", is_text),
    gr.Number: ("a number", is_number),
    gr.Slider: ("a number", is_number),
    gr.Checkbox: ("yes or no", _is_switch),
    gr.CheckboxGroup: ("a list of choices", _are_choices),
    gr.Radio: ("a choice", _is_choice),
    gr.Dropdown: ("a choice", _is_choice),
    gr.Dataframe: ("a table", _is_table),
    gr.File: ("a file", _are_files),
    gr.UploadButton: ("a file", _are_files),
}
# What the browser keeps is of the kind that it is before anything is kept.
_BY_DEFAULT: Final[dict[type, _Check]] = {
    str: ("text", _is_owner),
    list: ("a list", lambda value: isinstance(value, list)),
    type(None): ("settings", lambda value: isinstance(value, dict)),
}


def _takes(component: Any) -> _Check:
    if isinstance(component, gr.BrowserState):
        return _BY_DEFAULT[type(component.default_value)]
    return next((check for kind, check in _BY_KIND.items() if isinstance(component, kind)), _ANYTHING)


def _named(component: Any) -> str:
    name = getattr(component, "label", None) or getattr(component, "elem_id", None)
    return f"“{name}”" if name else "What the browser keeps"


def _called(value: Any) -> str:
    names = {str: "text", bool: "yes or no", list: "a list", dict: "a set of values"}
    return names.get(type(value), "a number")
