"""The command line: train, use and export models, check rows, and how far to trust both."""

import argparse
import dataclasses
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, Final

from mtl.cli import commands, hub_commands, label_commands, stream_commands, train_commands, trust_commands
from mtl.cli.arguments import build_parser
from mtl.cli.rows import given_rows
from mtl.schema.config import PRESETS, TrainConfig, config_named, settings_in


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; the exit status is 0, or 2 after one line on standard error. `test` has 1 where an
    expectation is broken."""
    parser = build_parser()
    arguments = parser.parse_args(argv)
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    # Before torch is loaded: threads that wait sleep, or a busy machine slows training tenfold.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if device := getattr(arguments, "device", None):
        os.environ["MTL_DEVICE"] = device
    try:
        hub_commands.fetch_models(arguments)
        status = _COMMANDS[arguments.command](arguments)
    except ValueError as error:
        print(f"{parser.prog} {arguments.command}: error: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        # The reader of our output has gone (as in `| head`): there is nobody to report to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        print(f"{parser.prog} {arguments.command}: error: {error}. Check the path.", file=sys.stderr)
        return 2
    return status or 0


def _settings(arguments: argparse.Namespace) -> dict[str, Any]:
    names = {field.name for field in dataclasses.fields(TrainConfig)}
    return {name: value for name, value in vars(arguments).items() if name in names}


def _compare(arguments: argparse.Namespace) -> None:
    names = [name.strip() for name in arguments.ways.split(",")]
    settings = _settings(arguments)
    kept = {name: value for name, value in settings.items() if name != "epochs"}
    train_commands.compare(
        given_rows(arguments),
        configs={n: config_named(n, **(kept if n in PRESETS else settings)) for n in names},
        encoder=arguments.encoder,
        as_json=arguments.json,
    )


def _train(arguments: argparse.Namespace) -> None:
    given = settings_in(arguments.config) if arguments.config else {}
    usual = PRESETS[arguments.preset].to_dict()
    train_commands.train(
        given_rows(arguments),
        corrections=arguments.corrections,
        config=TrainConfig.from_dict({**usual, **given, **_settings(arguments)}),
        start=arguments.start,
        encoder=arguments.encoder,
        out=arguments.out,
        overwrite=arguments.overwrite,
        resume=arguments.resume,
        rank=arguments.rank,
        as_json=arguments.json,
    )


def _predict(arguments: argparse.Namespace) -> None:
    if arguments.csv and arguments.texts:
        raise ValueError("give texts or --csv, not both")
    if not arguments.csv and not arguments.texts:
        raise ValueError("nothing to predict: give texts, or a file with --csv")
    _check_csv_options(arguments)
    if arguments.csv and stream_commands.is_stream(arguments):
        stream_commands.predict_file(arguments)
    elif arguments.csv:
        commands.predict_csv(
            arguments.csv,
            arguments.text_column,
            arguments.out,
            arguments.model,
            arguments.encoder,
            as_json=arguments.json,
        )
    else:
        commands.predict(arguments.texts, arguments.model, arguments.encoder, as_json=arguments.json)


def _evaluate(arguments: argparse.Namespace) -> None:
    commands.evaluate(
        given_rows(arguments),
        arguments.model,
        arguments.encoder,
        stripped=arguments.stripped,
        as_json=arguments.json,
    )


def _check_csv_options(arguments: argparse.Namespace) -> None:
    given = {name: getattr(arguments, name) for name in ("out", "text_column", "resume", "ray")}
    for option, value in given.items():
        if value and not arguments.csv:
            raise ValueError(f"--{option.replace('_', '-')} goes with --csv")
    if not arguments.ray and (arguments.ray_cpus or arguments.ray_gpus):
        raise ValueError("--ray-cpus and --ray-gpus go with --ray")


def _embed(arguments: argparse.Namespace) -> None:
    _check_csv_options(arguments)
    if bool(arguments.csv) == bool(arguments.texts):
        raise ValueError("give texts, or a file with --csv: one of the two")
    if arguments.csv:
        stream_commands.embed_file(arguments)
    else:
        commands.embed(arguments.texts, arguments.encoder, as_json=arguments.json)


def _export(arguments: argparse.Namespace) -> None:
    commands.export(
        arguments.model,
        arguments.encoder,
        arguments.format,
        arguments.out,
        overwrite=arguments.overwrite,
        as_json=arguments.json,
    )


def _check(arguments: argparse.Namespace) -> None:
    if arguments.labels:
        label_commands.check_labels(arguments)
    else:
        commands.check(arguments)


# What each does; the exit status is 0 where it returns none.
_COMMANDS: Final[dict[str, Callable[[argparse.Namespace], int | None]]] = {
    "train": _train,
    "compare": _compare,
    "predict": _predict,
    "evaluate": _evaluate,
    "embed": _embed,
    "export": _export,
    "push": hub_commands.push,
    "check": _check,
    "suggest": label_commands.suggest,
    "forecast": label_commands.forecast,
    "promise": trust_commands.promise,
    "because": trust_commands.because,
    "test": trust_commands.test,
}
