"""How the page tells a visitor that something cannot be used."""

import html
from collections.abc import Iterator
from contextlib import contextmanager

import gradio as gr

from mtl.ui.visible import visible


def refusal(message: object, *, escaped: bool = True) -> gr.Error:
    """A message as an error that the page shows until it is closed. `escaped`: markup in it stays text.

    It begins with a capital, unless it begins with a name, such as that of a file.
    """
    text = _begun(visible(str(message)))
    return gr.Error(html.escape(text) if escaped else text, duration=None, print_exception=False)


def sentence_of(message: object) -> str:
    """A message as a sentence that stands in a place of the page, for a template, which escapes it."""
    return f"{_begun(str(message)).rstrip('.')}."


def _begun(text: str) -> str:
    first, _, _ = text.partition(" ")
    return text[0].upper() + text[1:] if first.rstrip(",:").isalpha() else text


@contextmanager
def told_to_the_visitor() -> Iterator[None]:
    """Turns a ValueError, whose text says what is wrong and how to mend it, into such an error."""
    try:
        yield
    except ValueError as error:
        raise refusal(error) from error
