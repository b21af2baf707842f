"""How the page looks: one type family, two accent colours, light and dark."""

from importlib.resources import files
from typing import Final

import gradio as gr

from mtl.ui.charts.base import COMBINED_COLOUR


def _sheet(name: str) -> str:
    return (files("mtl.ui") / "assets" / f"{name}.css").read_text("utf-8")


def theme() -> gr.themes.Base:
    """Fonts come from the installed gradio package: the page loads nothing from an outside host."""
    return gr.themes.Base(
        primary_hue=gr.themes.colors.indigo,
        neutral_hue=gr.themes.colors.slate,
        font=[gr.themes.LocalFont("IBM Plex Sans", weights=(400, 700)), "system-ui", "sans-serif"],
        font_mono=[gr.themes.LocalFont("IBM Plex Mono", weights=(400, 700)), "ui-monospace", "monospace"],
        radius_size=gr.themes.sizes.radius_md,
        text_size=gr.themes.sizes.text_md,
    ).set(
        body_background_fill="*neutral_50",
        body_background_fill_dark="*neutral_950",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_400",
        block_info_text_color="*neutral_600",
        block_info_text_color_dark="*neutral_400",
        block_background_fill="white",
        block_background_fill_dark="*neutral_900",
        block_border_width="1px",
        block_shadow="none",
        block_label_text_weight="700",
        block_title_text_weight="700",
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700",
        button_primary_background_fill_dark="*primary_600",
        button_primary_text_color="white",
    )


# Rules in the page's head, and those of the page and its tabs.
WHOLE_PAGE: Final = f"<style>{_sheet('whole_page')}</style>"
CSS: Final = f":root {{ --combined: {COMBINED_COLOUR}; }}\n" + "".join(
    map(_sheet, ("page", "predict", "embeddings", "train"))
)
