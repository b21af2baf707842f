"""What a visitor wrote is no code in the page's own templates, which Gradio reads as JavaScript."""

import importlib
import pkgutil

import gradio as gr
import pytest

import mtl.ui
from mtl.ui.entrance import Page
from mtl.ui.literals import escaped, incoming, outgoing, unescaped

TEXTS = ("${alert(1)}", "C:\\users\\new", "\\${x}", "$5 and \\$6", "\\\\${1}", "`", "", "\\")


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_comes_back_as_it_was(text):
    assert unescaped(escaped(text)) == text
    assert "${" not in escaped(text).replace("\\$", "")
    value = {"rows": [{"text": text, "cells": [text, 1, None]}], "one": text}
    shown = gr.HTML(html_template="{{value.one}}"), gr.HTML(html_template="drawn by a script"), gr.Textbox()
    sent = outgoing(shown, [value] * 3)
    assert sent[0]["rows"][0]["cells"] == [escaped(text), 1, None]
    assert sent[1:] == [value] * 2
    assert incoming(shown, sent) == [value] * 3
    (update,) = outgoing(shown[:1], [{"__type__": "update", "visible": True, "value": [text]}])
    assert update == {"__type__": "update", "visible": True, "value": [escaped(text)]}


def test_the_first_page_is_escaped_too():
    with Page() as page:
        gr.HTML({"x": "${alert(1)}"}, html_template="{{value.x}}")
        gr.HTML("${alert(1)}", html_template="no value")
    values = [part["props"]["value"] for part in page.get_config_file()["components"]]
    assert values == [{"x": "\\${alert(1)}"}, "${alert(1)}"]


def test_no_template_takes_a_value_without_escaping_it():
    for module in pkgutil.walk_packages(mtl.ui.__path__, "mtl.ui."):
        for name, value in vars(importlib.import_module(module.name)).items():
            if isinstance(value, str) and "{{" in value:
                assert "{{{" not in value and "{{&" not in value, f"{module.name}.{name}"
