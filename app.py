"""Sentence Lab: starts the page. `python app.py --help` lists the options."""

import argparse
import os

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
# Set before torch is loaded, for this process and the training process: threads that wait for each other
# sleep instead of spinning. Spinning makes a training step ten times slower where two processes share
# the cores.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# For each number of tokens oneDNN keeps a program of its own, a thousand of them by default. Sentences have
# many lengths: a gigabyte and more in time, and encoding is no slower with fewer.
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "64")


def main() -> None:
    """Reads the options, builds the page, serves it."""
    options = _options()
    if not options.encoder and "MTL_ENCODER" not in os.environ:
        os.environ.setdefault("HF_HUB_OFFLINE", "1")

    import pandas as pd

    from mtl.model.pretrained import load_encoder
    from mtl.runs.store import Runs, default_folder
    from mtl.schema.limits import limits
    from mtl.ui.face import DESCRIPTION, ICON, app_options
    from mtl.ui.login import take_login
    from mtl.ui.mcp import check_mcp, serve_tools
    from mtl.ui.models import Models
    from mtl.ui.sessions import keep_sessions_small
    from mtl.ui.shell import build
    from mtl.ui.temporary import own_folder, remove_folder
    from mtl.ui.theme import CSS, theme
    from mtl.ui.zero_gpu import declare

    declare()  # before anything of torch has run
    # Where pyarrow is installed, pandas would keep texts in it, and it refuses half a surrogate pair: the
    # table that Gradio makes of all calls would fail from then on, and with it the calls of everybody.
    pd.set_option("mode.string_storage", "python")
    try:
        most, login = limits(), take_login(os.environ)
        if options.mcp:
            check_mcp(login=login is not None)
        encoder = load_encoder(options.encoder)
    except ValueError as error:
        raise SystemExit(f"app.py: error: {error}") from None
    temporary = own_folder()
    runs = Runs(default_folder(), options.encoder, warm=True)
    if runs.notice:
        print(f"{default_folder()}: {runs.notice}", flush=True)
    if not runs.owns_queue:
        print(f"Another copy of this app uses {runs.folder}: it trains the runs of both.", flush=True)
    models = Models(encoder, runs)
    page = build(models, runs)
    page.queue(api_open=False, max_size=most.requests)
    tools = serve_tools(page) if options.mcp else {}
    try:
        page.launch(
            server_name=options.host,
            server_port=options.port,
            theme=theme(),
            css=CSS,
            favicon_path=ICON,
            auth=login,
            # Without the login nobody gets an answer, in the preview of a link neither.
            app_kwargs={**app_options((lambda text: DESCRIPTION) if login else models.in_a_line), **tools},
            mcp_server=False,  # Gradio's own would make a tool of everything (see `serve_tools`)
            ssr_mode=False,
            run_history=False,
            show_error=False,  # what is told to visitors is an error of their own kind (see `entrance`)
            max_file_size=most.upload_bytes,
            footer_links=["api", "settings"],
            state_session_capacity=2000,
            # Else the app ends where its own first answer takes three seconds, as on a busy machine.
            _frontend=False,
            prevent_thread_lock=True,
        )
        keep_sessions_small(page)
        page.block_thread()
    finally:
        runs.close()
        remove_folder(temporary)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Sentence Lab, in a browser.")
    # On Spaces the platform sets where to listen; elsewhere only this machine can reach the page.
    on_spaces = os.environ.get("SYSTEM") == "spaces"
    host = os.environ.get("GRADIO_SERVER_NAME") or (None if on_spaces else "127.0.0.1")
    port = os.environ.get("GRADIO_SERVER_PORT")
    parser.add_argument("--host", default=host, help="address to listen on (default: %(default)s)")
    parser.add_argument(
        "--port", type=int, default=int(port) if port else None, help="default: 7860, or the next free one"
    )
    parser.add_argument("--encoder", help="folder or hub id (default: MTL_ENCODER, else all-MiniLM-L6-v2)")
    # On Spaces there is no command line.
    asked = os.environ.get("GRADIO_MCP_SERVER", "").lower() == "true"
    parser.add_argument("--mcp", action="store_true", default=asked, help="serve tools for agents")
    return parser.parse_args()


if __name__ == "__main__":
    main()
