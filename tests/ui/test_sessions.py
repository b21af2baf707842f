"""A session costs the server little, and works as before."""

import gradio as gr
from gradio.state_holder import StateHolder

from mtl.ui.sessions import keep_sessions_small


def _page():
    with gr.Blocks() as page:
        parts = [gr.Textbox(f"{number}", info="what to write here " * 50) for number in range(200)]
        state = gr.State("at first")
    holder = StateHolder()
    holder.set_blocks(page)
    return page, holder, parts, state


def test_a_session_keeps_no_copy_of_what_all_share():
    page, holder, *_ = _page()
    assert len(list(holder["before"].components)) > 200  # else there is nothing to mend any more
    keep_sessions_small(page)
    assert list(holder["after"].components) == []


def test_what_is_a_visitors_own_is_kept():
    page, holder, parts, state = _page()
    keep_sessions_small(page)
    mine, other = holder["mine"], holder["other"]
    mine[state._id] = "later"
    mine[parts[0]._id] = gr.Textbox("changed", render=False)
    assert (holder["mine"][state._id], other[state._id]) == ("later", "at first")
    assert (holder["mine"][parts[0]._id].value, other[parts[0]._id].value) == ("changed", "0")
    assert parts[1]._id in mine
