"""Values of the page's own templates, of which no text is code.

Gradio fills a template of gr.HTML twice. Handlebars writes the values into it and escapes what is markup;
then the result is read as a JavaScript template literal, in which `${...}` would be run, and a backslash
would begin an escape. What means something there is escaped on the way to the browser, and back.
"""

from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr


def escaped(text: str) -> str:
    """A text that a JavaScript template literal turns into itself; Handlebars takes care of backticks."""
    return text.replace("\\", "\\\\").replace("$", "\\$")


def unescaped(text: str) -> str:
    """The inverse of `escaped`."""
    return text.replace("\\$", "$").replace("\\\\", "\\")


def outgoing(components: Sequence[Any], values: Sequence[Any]) -> list[Any]:
    """Values of components, or updates of them, as the browser may have them."""
    pairs = zip(components, values, strict=True)
    return [_changed(escaped, value) if _shows_values(part) else value for part, value in pairs]


def incoming(components: Sequence[Any], values: Sequence[Any]) -> list[Any]:
    """The inverse of `outgoing`."""
    pairs = zip(components, values, strict=True)
    return [each_text(unescaped, value) if _shows_values(part) else value for part, value in pairs]


def first(properties: dict[str, Any]) -> dict[str, Any]:
    """The properties of a component as the page is opened with them."""
    if "{{" not in (properties.get("html_template") or ""):
        return properties
    return {**properties, "value": each_text(escaped, properties.get("value"))}


def _shows_values(component: Any) -> bool:
    # A template without values leaves them to a script, which reads them as they are.
    return isinstance(component, gr.HTML) and "{{" in component.html_template


def _changed(change: Callable[[str], str], value: Any) -> Any:
    if isinstance(value, dict) and value.get("__type__") == "update":
        return {**value, "value": each_text(change, value["value"])} if "value" in value else value
    return each_text(change, value)


def each_text(change: Callable[[str], str], value: Any) -> Any:
    """A value with every text in it changed; the names of fields stay."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: each_text(change, inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [each_text(change, inner) for inner in value]
    return value
