"""What Gradio writes into the browser's console without need."""

from typing import Final

# While a file is uploaded Gradio closes a stream that cannot be closed, and says so; when the page is left it
# ends its streams, and reports each as broken. Neither is an error of the page.
QUIET: Final = """() => {
    const warn = console.warn;
    console.warn = (...said) => { if (said[0] !== "Method not implemented.") warn.apply(console, said); };
    window.addEventListener("beforeunload", () => { console.error = () => {}; }, {capture: true});
}"""
