"""How the page tells a visitor that something cannot be used."""

import html
from collections.abc import Iterator
from contextlib import contextmanager

import gradio as gr


def refusal(message: object) -> gr.Error:
    """A message as an error that the page shows until it is closed; markup in it stays text."""
    return gr.Error(html.escape(str(message)), duration=None, print_exception=False)


@contextmanager
def told_to_the_visitor() -> Iterator[None]:
    """Turns a ValueError, whose text says what is wrong and how to mend it, into such an error."""
    try:
        yield
    except ValueError as error:
        raise refusal(error) from error
