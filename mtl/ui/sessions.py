"""What the server keeps of each page that is open: as little as it needs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import gradio as gr


@dataclass(frozen=True)
class _Bare:
    """What a session is made from, without components whose settings would be copied."""

    default_config: Any
    blocks: Mapping[int, Any] = field(default_factory=dict)


def keep_sessions_small(page: gr.Blocks) -> None:
    """Keeps of a session what its functions need; for a page that is being served.

    Gradio copies the settings of all components for each session, for a button that links to the page as it
    is (`gr.DeepLinkButton`), which this page has not. Of this page that is 900 kB a session, kept until
    others need the room, however long ago its visitor went; without it, 27 kB.
    """
    page.state_holder.blocks = cast(gr.Blocks, _Bare(page.default_config))
