"""Links to a state of the page: `?tab=predict&text=...` opens a tab with its sentence."""

from typing import Any, Final

import gradio as gr

from mtl.schema.limits import limits

TABS: Final = ("embeddings", "predict", "train")
_READ: Final = """() => {
    const given = new URLSearchParams(window.location.search);
    return [given.get("tab") ?? "", given.get("text") ?? ""];
}"""
# The address bar shows the link, also where a browser refuses to copy.
_WRITE: Final = """text => {
    const link = new URL(window.location);
    link.searchParams.set("tab", "TAB");
    link.searchParams.set("text", text);
    window.history.replaceState(null, "", link);
    navigator.clipboard?.writeText(link.href).catch(() => {});
}"""


def link_button(tab: str, text: gr.Textbox) -> None:
    """A button that copies a link to this tab with the present text of the box."""
    button = gr.Button("Link to this", size="sm", elem_id=f"link-{tab}", scale=0, min_width=120)
    button.click(None, text, None, js=_WRITE.replace("TAB", tab)).then(
        lambda: gr.Info("The address bar now holds a link to this; copied where the browser allows it."),
        None,
        None,
    )


def follow_link(page: gr.Blocks, tabs: gr.Tabs, boxes: dict[str, gr.Textbox]) -> None:
    """Opens what the address asks for when the page is loaded; `boxes` take the text, by tab."""
    tab, text = gr.Textbox(visible=False), gr.Textbox(visible=False)

    def follow(tab: str, text: str) -> tuple[Any, ...]:
        chosen = gr.update(selected=tab) if tab in TABS else gr.skip()
        given = text[: limits().text_characters]
        return chosen, *(given if given and name == tab else gr.skip() for name in boxes)

    page.load(follow, [tab, text], [tabs, *boxes.values()], js=_READ, show_progress="hidden")
