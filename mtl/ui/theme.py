"""How the page looks: one type family, two accent colours, light and dark."""

from typing import Final

import gradio as gr

from mtl.ui.charts.base import COMBINED_COLOUR


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


# Rules of the whole page, which is as wide with its scroll bar as without. Gradio confines the rules of `CSS`
# to the inside of its container, so these stand beside them. `page.js` says when the page is ready. On a
# phone the tabs lie at the bottom: what else sticks there keeps `--tab-bar` away.
WHOLE_PAGE: Final = """<style>
html.guided #guide { display: none; }
@media (min-width: 641px) { html { scrollbar-gutter: stable; } }
.gradio-container { width: 100% !important; max-width: 1240px !important; margin: 0 auto !important; }
html:not(.ready) .gradio-container > .main { visibility: hidden; animation: show 0s 10s forwards; }
@keyframes show { to { visibility: visible; } }
@media (max-width: 640px) { html:root { --text-xl: 1.5rem; --tab-bar: 56px; --edge: 16px; } }
</style>"""

# Four sizes of text, one radius, one accent.
CSS: Final = f"""
:root {{
  --combined: {COMBINED_COLOUR}; --accent: #4f46e5; --accent-tint: #eef2ff;
  --text-s: .875rem; --text-m: 1rem; --text-l: 1.3rem; --text-xl: 2rem;
  --radius: 12px; --tab-bar: 0px; --edge: 32px;
}}
.dark {{ --accent: #a5b4fc; --accent-tint: #272a4d; }}
.hero, .hero h1, .hero h2 {{ font-size: var(--text-xl) !important; font-weight: 700; line-height: 1.2;
  margin: 0; }}
.caption, .caption p {{ color: var(--body-text-color-subdued); font-size: var(--text-m); }}
.caption {{ border-left: 3px solid var(--accent) !important; padding: 2px 0 2px 12px !important; }}
.pills {{ gap: 8px !important; flex-wrap: wrap !important; }}
.pills button {{ flex: 0 0 auto !important; min-width: 0 !important; font-weight: 400; border-radius: 999px;
  background: var(--block-background-fill); border: 1px solid var(--border-color-primary);
  padding: 6px 14px; font-size: var(--text-m); color: var(--body-text-color); }}
.quiet {{ gap: 4px 20px !important; flex-wrap: wrap !important; }}
.quiet button {{ flex: 0 0 auto !important; width: auto !important; background: none; border: 0;
  box-shadow: none; padding: 6px 2px; font-weight: 400; font-size: var(--text-m);
  color: var(--body-text-color);
  border-bottom: 2px solid transparent; border-radius: 0; min-height: 36px; }}
.quiet button:hover {{ border-bottom-color: var(--border-color-primary); background: none; }}
.quiet button.open {{ border-bottom-color: var(--accent); font-weight: 700; }}
.js-plotly-plot .modebar {{ display: none !important; }}
.gradio-container > .main {{ padding: 0 var(--edge) calc(var(--tab-bar) + 16px) !important; }}
/* The head of the page: the name, and beside it the tabs; on a phone the tabs lie at the bottom. */
#guide {{ align-items: center; justify-content: center; gap: 8px !important;
  flex-wrap: nowrap !important; padding: 4px 12px; margin-bottom: -16px; font-size: var(--text-s);
  background: var(--accent-tint); border-radius: 0 0 var(--radius) var(--radius); }}
#guide > * {{ flex: 0 1 auto !important; width: auto !important; min-width: 0 !important;
  border: 0; background: none; }}
#guide button {{ border: 1px solid var(--accent); color: var(--body-text-color); padding: 2px 12px; }}
#frame {{ position: relative; }}
#brand {{ position: absolute; top: 0; left: 0; height: 64px; display: flex; align-items: center; width: auto;
  z-index: 2; }}
#brand h1 {{ display: flex; align-items: center; gap: 10px; font-size: 1.1rem; font-weight: 700; margin: 0; }}
#brand .mark {{ width: 22px; height: 22px; border-radius: 6px;
  background: linear-gradient(135deg, #0072b2 50%, #d55e00 50%); }}
/* As high as the window, so that what lies below does not jump while the tabs are built. */
#rooms {{ min-height: calc(100vh - 24px); }}
#rooms > .tab-wrapper {{ height: 64px; margin: 0; padding: 0 0 0 190px; }}
#rooms > .tab-wrapper::after, #rooms > .tab-wrapper [role=tablist]::after {{ display: none; }}
#rooms > .tab-wrapper [role=tablist] {{ height: 64px; align-items: center; gap: 4px; }}
#rooms > .tab-wrapper button[role=tab] {{ height: 36px; padding: 0 16px; border-radius: 999px; border: 0;
  font-size: var(--text-m); color: var(--body-text-color-subdued); }}
#rooms > .tab-wrapper button[role=tab]::after {{ display: none; }}
#rooms > .tab-wrapper button[role=tab].selected {{ background: var(--body-text-color);
  color: var(--body-background-fill) !important; }}
#rooms > .tabitem {{ padding: 8px 0 0; border: 0; }}
@media (max-width: 640px) {{
  #brand {{ height: 48px; }}
  #rooms {{ padding-top: 40px; }}
  #rooms > .tab-wrapper {{ position: fixed; left: 0; right: 0; bottom: 0; z-index: 30;
    height: calc(var(--tab-bar) + env(safe-area-inset-bottom)); padding: 0 12px env(safe-area-inset-bottom);
    background: var(--block-background-fill); border-top: 1px solid var(--border-color-primary); }}
  #rooms > .tab-wrapper [role=tablist] {{ height: var(--tab-bar); justify-content: space-between; }}
  #rooms > .tab-wrapper button[role=tab] {{ flex: 1; justify-content: center; }}
}}
footer > .divider {{ display: none !important; }}
.js-plotly-plot .xtick text, .js-plotly-plot .ytick text, .js-plotly-plot .cbaxis text,
.js-plotly-plot .legendtext, .js-plotly-plot .bartext, .js-plotly-plot .textpoint text,
.js-plotly-plot .xtitle, .js-plotly-plot .ytitle,
.js-plotly-plot .annotation-text {{ fill: var(--body-text-color-subdued) !important; }}
.hint, .hint p {{ color: var(--body-text-color-subdued); font-size: .9rem; }}
.file-note {{ padding: 10px 14px !important; }}
.examples-row {{ gap: 8px !important; flex-wrap: wrap; }}
.examples-row button {{ flex: 0 1 auto !important; min-width: 0 !important; font-weight: 400;
  white-space: normal; }}
#link-embeddings, #link-predict {{ margin-left: auto; background: transparent;
  border: 1px solid var(--border-color-primary); }}
[role=gridcell], [role=columnheader] {{ font-family: var(--font) !important;
  font-variant-numeric: tabular-nums; }}
#corrections-table {{ --cell-min: 104px; }}
#corrections-table th, #corrections-table td {{ min-width: var(--cell-min); }}
#command-line textarea {{ font-family: var(--font-mono); font-size: .85rem; overflow-wrap: anywhere; }}
button[role=tab].selected {{ color: var(--body-text-color) !important; font-weight: 700; }}
.html-container {{ padding: 0 !important; }}
*:focus-visible {{ outline: 3px solid var(--combined) !important; outline-offset: 1px; }}
"""
