"""Models on the Hugging Face Hub, named hf://user/name or hf://user/name@revision: how they are fetched.

Only files of the names that a model has are read: no code, no pickle.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from mtl.model.archive import EVENTS, FACTS, FORMER_REPORT, LIMITS, REPORT, WEIGHTS
from mtl.schema.limits import limits

PREFIX: Final = "hf://"
_READ: Final = (WEIGHTS, FACTS, REPORT, FORMER_REPORT, EVENTS)
_REPOSITORY: Final = re.compile(r"\A[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", re.ASCII)
_REVISION: Final = re.compile(r"\w[\w./-]*", re.ASCII)


def on_disk(source: Path | str) -> Path:
    """The folder or zip that a source names; a model on the Hub is fetched first, each version once.

    Without a network, what was fetched before is used. Raises ValueError where there is no such model.
    """
    if not str(source).startswith(PREFIX):
        return Path(source)
    repository, at, revision = str(source).removeprefix(PREFIX).partition("@")
    check_repository(repository)
    if at and not _REVISION.fullmatch(revision):
        raise ValueError(f"{source} names no revision: write it as {PREFIX}user/name@branch-or-commit")
    return _fetch(repository, revision or None)


def check_repository(name: str) -> None:
    """Raises ValueError unless `name` is one that a repository may have."""
    if not _REPOSITORY.fullmatch(name):
        raise ValueError(f"{name!r} names no repository of the Hub: write it as user/name")


@contextmanager
def told(repository: str, revision: str | None = None, *, sending: bool = False) -> Iterator[None]:
    """Turns what the hub client raises into a ValueError that says what is wrong and what to do."""
    try:
        yield
    except Exception as error:  # it has a dozen kinds, which differ from version to version
        lack = "nothing was sent" if sending else f"{repository} is not on this machine"
        raise _explained(error, repository, revision, lack) from error


def _fetch(repository: str, revision: str | None) -> Path:
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import HfHubHTTPError

    sizes = None
    with told(repository, revision):
        try:
            info = HfApi().model_info(repository, revision=revision, files_metadata=True)
            sizes = {file.rfilename: file.size or 0 for file in info.siblings or ()}
        except HfHubHTTPError:
            raise
        except Exception:  # of any kind: no answer came
            sizes = None
    if sizes is not None:
        _check_sizes(repository, sizes)
    with told(repository, revision):
        fetched = snapshot_download(
            repository, revision=revision, allow_patterns=list(_READ), local_files_only=sizes is None
        )
    folder = Path(fetched)
    _check_sizes(repository, {file.name: file.stat().st_size for file in folder.iterdir()})
    return folder


def _check_sizes(repository: str, sizes: Mapping[str, int]) -> None:
    """Raises ValueError unless files of these names and bytes can be a model."""
    if lacking := [name for name in (WEIGHTS, FACTS) if name not in sizes]:
        raise ValueError(f"{PREFIX}{repository} is no model of Sentence Lab: it holds no {lacking[0]}")
    read = {name: sizes[name] for name in _READ if name in sizes}
    for name, size in read.items():
        if size > LIMITS[name]:
            raise ValueError(f"{PREFIX}{repository} is no model: its {name} has {size:,} bytes")
    if (total := sum(read.values())) > limits().model_bytes:
        raise ValueError(f"{PREFIX}{repository} is no model: its files have {total:,} bytes")


def _explained(error: Exception, repository: str, revision: str | None, lack: str) -> ValueError:
    """`lack`: what it means that there is no network."""
    from huggingface_hub import constants
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError, RevisionNotFoundError

    where = f"{constants.ENDPOINT}/{repository}"
    status = getattr(getattr(error, "response", None), "status_code", None)
    if isinstance(error, GatedRepoError):
        said = f"{repository} asks for an agreement first: give it at {where}"
    elif isinstance(error, RepositoryNotFoundError):
        said = f"there is no model {repository} on the Hub, or this token (`hf auth login`) may not read it"
    elif isinstance(error, RevisionNotFoundError):
        said = f"{repository} has no revision {revision!r}: see {where}/tree/main"
    elif status in (401, 403):
        said = f"the Hub does not let this token write to {repository}: use one that may"
    elif status is not None:
        said = f"the Hub answered with error {status} about {repository}: try again later"
    elif constants.HF_HUB_OFFLINE:
        said = f"{lack}, and HF_HUB_OFFLINE forbids the network: unset it"
    else:
        kind = type(error).__name__
        said = f"{lack}, and {constants.ENDPOINT} gives no answer ({kind})"
    return ValueError(said)
