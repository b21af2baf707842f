"""Sending a saved model to the Hugging Face Hub, with a card that the Hub can read."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mtl.model.archive import CARD, EVENTS, FACTS, HISTORY, LIMITS, REPORT, SNIPPET, WEIGHTS
from mtl.model.card import card, snippet
from mtl.model.files import content, model_facts, names_in
from mtl.model.hub import check_repository, told
from mtl.model.provenance import model_report

if TYPE_CHECKING:
    from huggingface_hub.hf_api import ModelInfo

_SENT: Final = (FACTS, WEIGHTS, REPORT, EVENTS, HISTORY)
# The Hub puts it into each repository.
_ATTRIBUTES: Final = ".gitattributes"


@dataclass(frozen=True, kw_only=True)
class Push:
    """What was sent to the Hub, or would be: bytes of each file. `commit`: its address; None if not sent."""

    url: str
    private: bool
    files: Mapping[str, int]
    sentences: int
    commit: str | None


def push_model(
    source: Path | str, repository: str, *, private: bool = False, licence: str = "mit", dry_run: bool = False
) -> Push:
    """Sends a saved model (folder or zip), its card and a script to `repository` ("user/name") on the Hub.

    The repository is made if it is not there. `licence` is an identifier of the Hub, such as "cc-by-4.0".
    A dry run asks nothing of the Hub. The report holds some of the model's validation rows: `sentences` are
    how many. Raises ValueError where the source is no model, or the Hub does not take it.
    """
    check_repository(repository)
    path = Path(source)
    facts, report = model_facts(path), model_report(path)
    there = names_in(path)
    if WEIGHTS not in there:
        raise ValueError(f"{path} is not a model: it holds no {WEIGHTS}")
    text = card(facts, report, repository=repository, licence=licence)
    files: dict[str, bytes] = {
        CARD: text.encode(),
        SNIPPET: snippet(facts).encode(),
        **{name: content(path, name, LIMITS[name]) for name in _SENT if name in there},
    }
    from huggingface_hub import constants

    tasks = report.tasks.values() if report else ()
    return Push(
        url=f"{constants.ENDPOINT}/{repository}",
        private=private,
        files={name: len(data) for name, data in files.items()},
        sentences=len({row.text for task in tasks for row in (*task.wrong, *task.right)}),
        commit=None if dry_run else _send(repository, files, private),
    )


def _send(repository: str, files: Mapping[str, bytes], private: bool) -> str:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, get_token

    if get_token() is None:
        raise ValueError(
            "there is no token for the Hub: make one that may write (huggingface.co/settings/tokens), "
            "then run `hf auth login` or set HF_TOKEN"
        )
    api = HfApi()
    with told(repository, sending=True):
        there = _there(api, repository)
    old = {file.rfilename for file in there.siblings or ()} if there else set()
    if there and private and not there.private:
        raise ValueError(
            f"{repository} is there and public: make it private on its page, or use another name"
        )
    if (other := old - {_ATTRIBUTES}) and FACTS not in other:
        raise ValueError(f"{repository} holds something else (such as {min(other)}): use another name")
    operations: list[Any] = [
        *(CommitOperationAdd(path_in_repo=name, path_or_fileobj=data) for name, data in files.items()),
        # What belonged to the model before.
        *(CommitOperationDelete(path_in_repo=name) for name in sorted(old & set(LIMITS) - set(files))),
    ]
    with told(repository, sending=True):
        api.create_repo(repository, private=private, exist_ok=True)
        done = api.create_commit(repository, operations, commit_message="A Sentence Lab model")
    return str(done.commit_url)


def _there(api: Any, repository: str) -> "ModelInfo | None":
    from huggingface_hub.errors import RepositoryNotFoundError

    try:
        info: ModelInfo = api.model_info(repository)
    except RepositoryNotFoundError:
        return None
    return info
