"""What the page adds to Gradio's own."""

import gradio as gr

from mtl.ui.page import Page


def test_a_later_value_of_a_stream_is_sent_whole():
    """Edits in place would change a value that the browser has not shown yet."""
    with Page() as page:
        boxes = [gr.JSON(), gr.JSON(), gr.Textbox()]
        gr.Button().click(lambda: None, None, boxes)
    (listener,) = page.fns.values()
    chart, unchanged = {"plot": "a chart", "type": "plotly"}, {"same": 1}

    def sent(*values, final=False):
        return page.handle_streaming_diffs(listener, list(values), "visitor", "run", final)

    assert sent(chart, unchanged, "one") == [chart, unchanged, "one"]
    skip = {"__type__": "update"}
    assert sent(skip, unchanged, "one two") == [
        [["replace", [], skip]],
        [],
        [["replace", [], "one two"]],
    ]
    assert sent(None, None, None, final=True) == [skip, unchanged, "one two"]


def test_where_no_progress_is_seen_the_browser_tracks_none():
    with Page() as page:
        text, shown, hidden = gr.Textbox(), gr.HTML(), gr.HTML()
        text.change(lambda text: text, text, shown)
        text.submit(lambda text: text, text, hidden, show_progress="hidden")
    seen, unseen = page.get_config_file()["dependencies"]
    assert (seen["show_progress_on"], seen["outputs"]) == (None, [shown._id])
    assert (unseen["show_progress_on"], unseen["outputs"]) == ([], [hidden._id])
