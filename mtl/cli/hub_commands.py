"""What the command line does with the Hugging Face Hub: `push`, and models named hf://user/name."""

import argparse
import dataclasses
from pathlib import Path
from typing import Final

from mtl.cli.commands import print_json

# As in `mtl.model.hub`, which takes torch to import.
_PREFIX: Final = "hf://"
# Options that name a model.
_MODELS: Final = ("model", "start", "before")


def model_name(value: str) -> Path | str:
    """A model as an option names it: a folder or zip, or one on the Hub."""
    return value if value.startswith(_PREFIX) else Path(value)


def fetch_models(arguments: argparse.Namespace) -> None:
    """Puts the folder of each model on the Hub in the place of its name. Raises ValueError where it is not
    to be had."""
    for option in _MODELS:
        if isinstance(source := getattr(arguments, option, None), str):
            from mtl.model.hub import on_disk

            setattr(arguments, option, on_disk(source))


def push(arguments: argparse.Namespace) -> None:
    """Sends a model to the Hub, and says what was sent; with --dry-run what would be."""
    from mtl.model.checkpoint import load_model
    from mtl.model.hub_push import push_model
    from mtl.model.pretrained import load_encoder

    load_model(arguments.model, load_encoder(arguments.encoder))  # nothing broken is sent
    done = push_model(
        arguments.model,
        arguments.repository,
        private=arguments.private,
        licence=arguments.licence,
        dry_run=arguments.dry_run,
    )
    if arguments.json:
        print_json(dataclasses.asdict(done))
        return
    verb, whose = "Sent" if done.commit else "Would send", "private" if done.private else "public"
    print(f"{verb} to {done.url} ({whose}):")
    for name, size in done.files.items():
        print(f"  {name:<18}{size / 1e3:>10,.1f} kB")
    if done.sentences:
        print(f"The report and the card hold {done.sentences} sentences of the rows that it was checked on.")
    if done.commit:
        print(f'{done.commit}\nUse it: load_model("{_PREFIX}{arguments.repository}")')


def add_push(parser: argparse.ArgumentParser) -> None:
    """Arguments of `push`."""
    parser.add_argument("model", type=model_name, metavar="MODEL", help="folder or zip")
    parser.add_argument("repository", metavar="USER/NAME", help="made if it is not there")
    parser.add_argument("--private", action="store_true", help="only you can see it")
    parser.add_argument("--licence", "--license", default="mit", metavar="ID", help="default: %(default)s")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be sent")
