"""The file that predicts without a server, opened from the disk with the network refused."""

import numpy as np
import pytest

from mtl.analysis.explain import explain_all
from mtl.exports.export import export_model
from mtl.exports.weights_file import tokenizer_facts
from mtl.model.heads import Head
from mtl.schema.tasks import Task
from mtl.training.default import load_default
from tests.exports.in_browser import ASK, TOKENIZE
from tests.exports.strings import strings
from tests.serving import PATIENCE_S

TEXTS = (
    "I love this product!",
    "Could you open the door, please?",
    "The sky is blue today.",
    "Das ist ein ganz gewöhnlicher Satz auf Deutsch.",
    "Don't pay 3.5 times as much for a well-known café ... 😀",
    "[SEP] 東京 " + "word " * 300,
    "x" * 200,
)
HOSTILE = ("<img src=x onerror='document.title=1'>", "</script><script>document.title=2</script>")


@pytest.fixture(scope="module")
def model():
    """The default model, whose upper layers moved, and a task whose name and labels would like to run."""
    default = load_default()
    head = Head(Task(name="b topic", labels=HOSTILE), "embedding", layers=7, dimension=384, seed=3)
    return default.with_heads([*default.head_list(), head])


@pytest.fixture(scope="module")
def exported(model, browser, tmp_path_factory):
    return export_model(model, "html", tmp_path_factory.mktemp("out") / "model.html", TEXTS)


@pytest.fixture
def opened(browser, exported):
    """The file in a new profile without a network; in the end nothing may have gone wrong."""
    context = browser.new_context(offline=True)
    context.set_default_timeout(1000 * PATIENCE_S)
    page, problems = context.new_page(), []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text))
    page.on("request", lambda request: problems.append(request.url) if not _own(request.url) else None)
    page.goto(exported.path.as_uri())
    page.wait_for_selector("html[data-ready=yes]")
    yield page
    context.close()
    assert problems == []


def _own(url):
    return url.startswith(("file:", "blob:"))


def _type(page, text):
    page.fill("#text", text)
    page.wait_for_function("text => document.documentElement.dataset.shown === text", arg=text)


def test_it_answers_as_the_model_does(opened, model):
    for explanation, answer in zip(explain_all(model, TEXTS), opened.evaluate(ASK, TEXTS), strict=True):
        prediction = explanation.prediction
        assert answer["outOfDistribution"] == prediction.out_of_distribution
        assert answer["truncated"] == prediction.truncated
        assert answer["readable"] == explanation.reading.readable
        assert answer["ids"] == list(model.encoder.tokenize([prediction.text]).ids[0])
        assert np.abs(model.encoder.encode([prediction.text])[0] - answer["embedding"]).max() < 0.02
        for task in answer["tasks"]:
            theirs = prediction.tasks[task["task"]]
            assert task["label"] == theirs.label
            for score in task["scores"]:
                assert score["probability"] == pytest.approx(theirs.scores[score["label"]], abs=0.03)
            ours = explanation.tasks[task["task"]].of().words
            # Logits are off by what the rounding of weights costs.
            assert task["adds"] == pytest.approx([word.total for word in ours], abs=0.15)
        found = [prediction.text[word["start"] : word["end"]] for word in answer["words"]]
        if "😀" not in prediction.text:  # JavaScript counts it as two
            assert found == [word.text for word in explanation.reading.words]


def test_it_reads_strings_of_all_scripts_as_python_does(opened, model):
    texts = strings(500, model.encoder.tokenizer.get_vocab(), seed=1)
    ids = opened.evaluate(TOKENIZE, [tokenizer_facts(model.encoder), texts])
    wrong = [
        t
        for t, own, theirs in zip(texts, ids, model.encoder.tokenize(texts).ids, strict=True)
        if own != list(theirs)
    ]
    assert wrong == []


def test_the_page_shows_what_the_predict_tab_shows(opened):
    assert opened.locator(".card .title").all_inner_texts() == ["Sentiment", "Intent", "B topic"]
    _type(opened, "I love this product!")
    assert opened.locator(".card .label").all_inner_texts()[0] == "positive"
    assert opened.locator("#mirror .for").count() >= 1
    assert opened.locator("#mirror").inner_text() == "I love this product!"
    _type(opened, "The train leaves at nine.")
    assert opened.locator(".card .label").all_inner_texts()[:2] == ["No clear feeling", "statement"]
    _type(opened, "Das ist ein ganz gewöhnlicher Satz auf Deutsch.")
    assert "Looks unlike English text" in opened.locator("#notes").inner_text()
    _type(opened, "😀")
    assert opened.locator(".card .label").first.inner_text() == "Nothing here can be read"
    _type(opened, "")
    assert opened.locator(".card .label").all_inner_texts() == ["...", "...", "..."]


def test_what_is_typed_and_how_labels_are_called_is_only_text(opened):
    title = opened.title()
    _type(opened, "<img src=x onerror='document.title=3'> is what I type")
    assert {label for label in HOSTILE} == set(
        opened.locator(".card").last.locator(".name").all_inner_texts()
    )
    assert opened.locator("img").count() == 0
    assert opened.title() == title


def test_a_word_tells_its_numbers(opened):
    _type(opened, "I love this product!")
    opened.locator("#mirror .for").first.hover(force=True)
    assert "Sentiment: +" in opened.locator("#tip").inner_text()


def test_the_plain_kernel_computes_the_same(opened):
    apart = opened.evaluate(
        """async () => {
          const program = document.getElementById("program").textContent + `
            const numbers = (count, by) => Float32Array.from({length: count}, (_, i) => Math.sin(i * by));
            const outputs = 24, inputs = 32, tokens = 7;
            const int8 = Int8Array.from({length: outputs * inputs}, (_, i) => (i * 37) % 255 - 127);
            const factors = new Uint8Array(outputs * 2).fill(3);
            const matrix = new Matrix(int8, null, factors, numbers(outputs, 1));
            const [fast, plain] = [new FastKernel(outputs * inputs, 999), new PlainKernel()].map(kernel =>
              kernel.linear(kernel.map(matrix, numbers(outputs, 2)), numbers(tokens * inputs, 3)));
            self.postMessage(Math.max(...fast.map((value, i) => Math.abs(value - plain[i]) / 400)));`;
          const own = new Worker(URL.createObjectURL(new Blob([program])));
          return new Promise((resolve, reject) => {
            own.onmessage = ({data}) => resolve(data);
            own.onerror = event => reject(new Error(event.message));
          });
        }"""
    )
    assert apart < 1e-6


def test_nothing_can_be_fetched(browser, exported):
    context = browser.new_context()
    page = context.new_page()
    page.goto(exported.path.as_uri())
    told = page.evaluate(
        """() => new Promise(resolve => {
          document.addEventListener("securitypolicyviolation", event => resolve(event.effectiveDirective));
          fetch("http://127.0.0.1:9/").catch(() => {});
        })"""
    )
    assert told == "connect-src"
    context.close()
