"""The command line: train, compare, predict, evaluate, embed, check."""

import argparse
import dataclasses
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn, get_args

from mtl.cli import commands, train_commands
from mtl.cli.choices import add_choice, choices_of
from mtl.schema.config import (
    PRESETS,
    FreezeStrategy,
    HeadInput,
    Schedule,
    Switch,
    TrainConfig,
    config_named,
    settings_in,
)
from mtl.schema.tasks import TASK_NAMES


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: error: {message} (see {self.prog} --help)\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; the exit status is 0, or 2 after one line on standard error."""
    parser = build_parser()
    arguments = parser.parse_args(argv)
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    # Before torch is loaded: threads that wait sleep, or a busy machine slows training tenfold.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        arguments.run(arguments)
    except ValueError as error:
        print(f"{parser.prog} {arguments.command}: error: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        # The reader of our output has gone (as in `| head`): nobody is left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        print(f"{parser.prog} {arguments.command}: error: {error}. Check the path.", file=sys.stderr)
        return 2
    return 0


def build_parser() -> argparse.ArgumentParser:
    """The whole grammar; what a command does is in `commands`."""
    parser = _Parser(prog="python -m mtl", description="One sentence encoder, two heads.")
    commands_ = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    shared = _Parser(add_help=False)
    shared.add_argument("--json", action="store_true", help="machine-readable output")
    shared.add_argument(
        "--encoder", metavar="DIR|ID", help="folder or hub id (default: MTL_ENCODER, else MiniLM-L6)"
    )
    model = _Parser(add_help=False)
    model.add_argument("--model", type=Path, metavar="DIR|ZIP", help="default: the bundled model")

    train = commands_.add_parser("train", parents=[shared], help="train on your own rows")
    _add_train(train)
    compare = commands_.add_parser("compare", parents=[shared], help="train in several ways, one table")
    _add_compare(compare)
    predict = commands_.add_parser("predict", parents=[shared, model], help="label texts")
    predict.add_argument("texts", nargs="*", metavar="TEXT")
    predict.add_argument("--csv", type=Path, metavar="IN.csv", help="a file with a column of texts")
    predict.add_argument("--out", type=Path, metavar="OUT.csv", help="with --csv: where to write")
    predict.set_defaults(run=_predict)
    evaluate = commands_.add_parser("evaluate", parents=[shared, model], help="score on labelled rows")
    _add_task_files(evaluate)
    evaluate.add_argument(
        "--stripped", action="store_true", help="lower-case the texts and take off final punctuation first"
    )
    add_choice(evaluate)
    evaluate.set_defaults(run=_evaluate)
    embed = commands_.add_parser("embed", parents=[shared], help="sentence embeddings and cosines")
    embed.add_argument("texts", nargs="+", metavar="TEXT")
    embed.set_defaults(run=_embed)
    check = commands_.add_parser("check", parents=[shared], help="what the reader thinks of a file")
    check.add_argument("file", type=Path, metavar="FILE.csv")
    check.add_argument("--task", choices=TASK_NAMES, required=True)
    add_choice(check)
    check.set_defaults(run=_check)
    return parser


def _add_task_files(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sentiment", type=Path, metavar="CSV", help="columns text,label")
    parser.add_argument("--intent", type=Path, metavar="CSV", help="columns text,label")


def _add_rows(parser: argparse.ArgumentParser) -> None:
    _add_task_files(parser)
    add_choice(parser)
    parser.add_argument("--data", type=Path, metavar="CSV", help="columns text,sentiment,intent")
    for name in TASK_NAMES:
        parser.add_argument(
            f"--test-{name}", type=Path, metavar="CSV", help="rows that only judge the result"
        )


def _add_compare(parser: argparse.ArgumentParser) -> None:
    _add_rows(parser)
    parser.add_argument(
        "--ways",
        default="report,heads,last-2,last-4,gradual",
        metavar="A,B",
        help="presets and freeze strategies (default: %(default)s)",
    )
    given: dict[str, Any] = {"default": argparse.SUPPRESS}
    parser.add_argument("--epochs", type=int, metavar="N", help="for all but the presets", **given)
    parser.add_argument("--seed", type=int, metavar="N", **given)
    parser.add_argument("--val-fraction", type=float, metavar="X", **given)
    parser.set_defaults(run=_compare)


def _add_train(parser: argparse.ArgumentParser) -> None:
    _add_rows(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the model goes")
    parser.add_argument("--overwrite", action="store_true", help="write into DIR even if it is not empty")
    parser.add_argument("--rank", type=int, metavar="N", help="save moved layers as a difference of rank N")
    parser.add_argument(
        "--corrections",
        type=Path,
        metavar="CSV",
        help="rows that only train: columns text,sentiment,intent, a cell may be empty",
    )
    parser.add_argument("--from", dest="start", type=Path, metavar="MODEL", help="go on from its heads")
    parser.add_argument("--preset", choices=PRESETS, default="recommended")
    parser.add_argument("--config", type=Path, metavar="JSON", help="settings; the options below change them")
    given: dict[str, Any] = {"default": argparse.SUPPRESS}
    parser.add_argument("--freeze", metavar="S", help=", ".join(FreezeStrategy), **given)
    parser.add_argument("--head-input", choices=get_args(HeadInput), **given)
    parser.add_argument("--goal", type=float, metavar="X", help="stop at this mean macro-F1", **given)
    parser.add_argument("--epochs", type=int, metavar="N", help="in total", **given)
    parser.add_argument("--batch-size", type=int, metavar="N", help="rows per task", **given)
    parser.add_argument("--head-lr", type=float, metavar="X", **given)
    parser.add_argument("--encoder-lr", type=float, metavar="X", **given)
    parser.add_argument("--schedule", choices=get_args(Schedule), help="of the learning rates", **given)
    parser.add_argument("--weight-decay", type=float, metavar="X", **given)
    parser.add_argument("--token-dropout", type=float, metavar="X", **given)
    parser.add_argument("--seed", type=int, metavar="N", **given)
    parser.add_argument("--val-fraction", type=float, metavar="X", **given)
    parser.add_argument("--class-weights", choices=get_args(Switch), **given)
    parser.add_argument(
        "--augmentation",
        choices=get_args(Switch),
        help="training rows a second time, lower-cased without final punctuation",
        **given,
    )
    parser.add_argument("--time-limit", dest="time_limit_s", type=float, metavar="SECONDS", **given)
    parser.set_defaults(run=_train)


def _settings(arguments: argparse.Namespace) -> dict[str, Any]:
    names = {field.name for field in dataclasses.fields(TrainConfig)}
    return {name: value for name, value in vars(arguments).items() if name in names}


def _rows(arguments: argparse.Namespace) -> dict[str, Any]:
    return {
        "sources": {"data": arguments.data, **{name: getattr(arguments, name) for name in TASK_NAMES}},
        "tests": {name: getattr(arguments, f"test_{name}") for name in TASK_NAMES},
        "choice": choices_of(arguments),
    }


def _compare(arguments: argparse.Namespace) -> None:
    names = [name.strip() for name in arguments.ways.split(",")]
    settings = _settings(arguments)
    kept = {name: value for name, value in settings.items() if name != "epochs"}
    train_commands.compare(
        **_rows(arguments),
        configs={n: config_named(n, **(kept if n in PRESETS else settings)) for n in names},
        encoder=arguments.encoder,
        as_json=arguments.json,
    )


def _train(arguments: argparse.Namespace) -> None:
    given = settings_in(arguments.config) if arguments.config else {}
    usual = PRESETS[arguments.preset].to_dict()
    config = TrainConfig.from_dict({**usual, **given, **_settings(arguments)})
    train_commands.train(
        **_rows(arguments),
        corrections=arguments.corrections,
        config=config,
        start=arguments.start,
        encoder=arguments.encoder,
        out=arguments.out,
        overwrite=arguments.overwrite,
        rank=arguments.rank,
        as_json=arguments.json,
    )


def _predict(arguments: argparse.Namespace) -> None:
    if arguments.csv and arguments.texts:
        raise ValueError("give texts or --csv, not both")
    if not arguments.csv and not arguments.texts:
        raise ValueError("nothing to predict: give texts, or a file with --csv")
    if arguments.out and not arguments.csv:
        raise ValueError("--out goes with --csv")
    if arguments.csv:
        commands.predict_csv(
            arguments.csv, arguments.out, arguments.model, arguments.encoder, as_json=arguments.json
        )
    else:
        commands.predict(arguments.texts, arguments.model, arguments.encoder, as_json=arguments.json)


def _evaluate(arguments: argparse.Namespace) -> None:
    sources = {"sentiment": arguments.sentiment, "intent": arguments.intent}
    commands.evaluate(
        sources,
        choices_of(arguments),
        arguments.model,
        arguments.encoder,
        stripped=arguments.stripped,
        as_json=arguments.json,
    )


def _embed(arguments: argparse.Namespace) -> None:
    commands.embed(arguments.texts, arguments.encoder, as_json=arguments.json)


def _check(arguments: argparse.Namespace) -> None:
    choice = choices_of(arguments)[arguments.task]
    commands.check(arguments.file, arguments.task, choice, as_json=arguments.json)
