"""The named functions that only look, as tools for agents: Model Context Protocol, at /gradio_api/mcp/."""

import json
from importlib.util import find_spec
from typing import Any, Final

import gradio as gr

TOOLS: Final = ("predict", "explain", "similarity", "neighbours", "check_csv")
_MISSING: Final = (
    '--mcp needs the extra [mcp], which is not installed: run  pip install "gradio[mcp]"  and start again'
)
_LOGIN: Final = "--mcp and MTL_LOGIN do not go together: tools know no login; leave one of them out"
_TAKEN: Final = {
    "texts": "The texts, each a sentence or a few.",
    "text": "The text, a sentence or a few.",
    "among": "The texts to search.",
    "count": "How many to give, from 1.",
    "model": '"default", "untrained", or the id of a run of this visitor.',
    "visitor": "The secret of the visitor whose run the model is; empty for the other models.",
    "csv": "The rows in CSV, the line with the names of the columns included.",
    "task": "What the labels are for, such as a column's name; empty to list the columns of labels.",
}


def check_mcp(*, login: bool) -> None:
    """Raises ValueError, saying what to do, where tools cannot be served."""
    if find_spec("mcp") is None:
        raise ValueError(_MISSING)
    if login:
        raise ValueError(_LOGIN)


def serve_tools(page: gr.Blocks) -> dict[str, Any]:
    """Makes the page serve exactly TOOLS; options of the web application that this needs.

    Gradio's own switch makes a tool of every public function, and would leave off the list, but still answer,
    one that is marked as something else. A call goes over HTTP to the page itself, as any other program's.
    """
    from gradio.mcp import GradioMCPServer

    class Tools(GradioMCPServer):
        def get_tool_to_endpoint(self) -> dict[str, str]:
            named = super().get_tool_to_endpoint()
            return {tool: name for tool, name in named.items() if name.lstrip("/") in TOOLS}

        def get_fn_description(self, block_fn: Any, tool_name: str) -> tuple[str, dict[str, str]]:
            description, parameters = super().get_fn_description(block_fn, tool_name)
            return description, {name: _TAKEN[name] for name in parameters}

        def postprocess_output_data(self, data: Any, root_url: str) -> list[Any]:
            """As JSON; Gradio's own would write it as Python does."""
            texts = [json.dumps(value, ensure_ascii=False) for value in data]
            return [self.types.TextContent(type="text", text=text) for text in texts]

    page.mcp_server_obj = tools = Tools(page)
    page.mcp_server = True
    return {"lifespan": tools.lifespan}
