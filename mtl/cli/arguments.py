"""The grammar of the command line: commands and their options."""

import argparse
from pathlib import Path
from typing import Any, NoReturn, get_args

from mtl.cli.hub_commands import add_push, model_name
from mtl.cli.rows import add_choice, add_rows, add_tests
from mtl.cli.trust_arguments import add_trust
from mtl.data.places import place
from mtl.schema.config import PRESETS, FreezeStrategy, HeadInput, Schedule, Switch

# As in `mtl.exports.export`, which takes torch to import.
_FORMATS = ("html", "onnx", "sentence-transformer")
# As in `mtl.model.pretrained`.
_DEVICES = ("auto", "cpu", "cuda", "mps")
_WAYS = "report,heads,last-2,last-4,gradual"


class _Parser(argparse.ArgumentParser):
    """Reports a mistake in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: error: {message} (see {self.prog} --help)\n")


def build_parser() -> argparse.ArgumentParser:
    """All commands with their options."""
    parser = _Parser(prog="python -m mtl", description="One sentence encoder, one head for each task.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    shared = _Parser(add_help=False)
    shared.add_argument("--json", action="store_true", help="machine-readable output")
    shared.add_argument(
        "--encoder", metavar="DIR|ID", help="folder or hub id (default: MTL_ENCODER, else MiniLM-L6)"
    )
    device = _Parser(add_help=False)
    device.add_argument("--device", choices=_DEVICES, help="where the encoder computes (default: cpu)")
    model = _Parser(add_help=False)
    model.add_argument(
        "--model",
        type=model_name,
        metavar="DIR|ZIP|HUB",
        help="HUB: hf://user/name (default: the bundled model)",
    )

    _add_train(commands.add_parser("train", parents=[shared, device], help="train on your own rows"))
    _add_compare(
        commands.add_parser(
            "compare",
            parents=[shared, device],
            help="train with several settings, print one table",
            epilog=_INTERVALS,
        )
    )
    _add_predict(
        commands.add_parser(
            "predict",
            parents=[shared, device, model],
            help="label texts",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            epilog=_PREDICTIONS,
        )
    )
    _add_evaluate(
        commands.add_parser(
            "evaluate", parents=[shared, device, model], help="score on labelled rows", epilog=_INTERVALS
        )
    )
    embed = commands.add_parser("embed", parents=[shared, device], help="sentence embeddings and cosines")
    embed.add_argument("texts", nargs="*", metavar="TEXT")
    _add_file(embed)
    _add_export(
        commands.add_parser(
            "export",
            parents=[shared],
            help="write a model in another format",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            epilog=_EXPORTS,
        )
    )
    add_push(commands.add_parser("push", parents=[shared], help="send a model to the Hugging Face Hub"))
    _add_check(commands.add_parser("check", parents=[shared], help="list the issues in a file of rows"))
    add_trust(commands, shared, model)
    return parser


_INTERVALS = """
accuracy comes with Wilson's 95% interval, macro-F1 with that of a bootstrap
"""

_PREDICTIONS = """
--csv writes one row per text: the columns of the file, then
  TASK                 for each task of the model: the most probable label
  TASK_confidence      its probability, from 0 to 1
  TASK_sure            whether that label is probable enough to be called an answer (0.6 or more; of a
                       model that makes a promise, the promise's threshold)
  TASK_p_LABEL         for each label: its probability, from 0 to 1
  out_of_distribution  whether the text is unlike the training texts
  truncated            whether only the start of the text was read
A column of the file with one of these names becomes "NAME (given)". The page writes the same columns.
"""

_EXPORTS = """
html                  one file that predicts in any browser, without a server or a network
onnx                  a folder for ONNX Runtime: fp32, int8, tokenizer, script; needs the extra [onnx]
sentence-transformer  a folder for sentence-transformers: the encoder without the heads
Each is compared with the model before it is handed over.
"""


def _add_export(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "model",
        nargs="?",
        type=model_name,
        metavar="MODEL",
        help="folder, zip or hf://user/name (default: the bundled model)",
    )
    parser.add_argument("--format", required=True, choices=_FORMATS)
    parser.add_argument(
        "--out", type=Path, required=True, metavar="PATH", help="a file for html, else a folder"
    )
    parser.add_argument("--overwrite", action="store_true", help="write even if PATH is there")


def _add_predict(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("texts", nargs="*", metavar="TEXT")
    _add_file(parser)


def _add_file(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--csv",
        type=place,
        metavar="IN",
        help="a file with a column of texts, CSV or Parquet: a path, or an address such as s3://bucket/name",
    )
    parser.add_argument("--text-column", metavar="NAME", help="with --csv: which column holds the texts")
    parser.add_argument("--out", type=place, metavar="OUT", help="with --csv: where to write, CSV or Parquet")
    parser.add_argument("--resume", action="store_true", help="with --out: go on where a killed run was")
    parser.add_argument(
        "--ray",
        nargs="?",
        const="local",
        metavar="ADDRESS",
        help="with --out: spread the rows over a Ray cluster, or over the cores of this machine where no "
        "address is given; needs the extra [ray]",
    )
    parser.add_argument("--ray-cpus", type=float, metavar="X", help="cores of each Ray actor (default: 1)")
    parser.add_argument(
        "--ray-gpus",
        type=float,
        metavar="X",
        help="GPUs of each Ray actor, with --device auto or cuda (default: 1 where the cluster has any)",
    )


def _add_evaluate(parser: argparse.ArgumentParser) -> None:
    add_rows(parser)
    parser.add_argument(
        "--stripped", action="store_true", help="lower-case the texts and remove final punctuation first"
    )


def _add_check(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE.csv")
    parser.add_argument(
        "--task", metavar="NAME", help="what its labels are for (default: list what a head could learn)"
    )
    parser.add_argument(
        "--labels", action="store_true", help="list the rows that are probably labelled wrong instead"
    )
    add_choice(parser)


def _add_compare(parser: argparse.ArgumentParser) -> None:
    add_rows(parser)
    add_tests(parser)
    parser.add_argument(
        "--ways", default=_WAYS, metavar="A,B", help="presets and freeze strategies (default: %(default)s)"
    )
    given: dict[str, Any] = {"default": argparse.SUPPRESS}
    parser.add_argument("--epochs", type=int, metavar="N", help="for all but the presets", **given)
    parser.add_argument("--seed", type=int, metavar="N", **given)
    parser.add_argument("--val-fraction", type=float, metavar="X", **given)


def _add_train(parser: argparse.ArgumentParser) -> None:
    add_rows(parser)
    add_tests(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the model goes")
    parser.add_argument("--overwrite", action="store_true", help="write into DIR even if it is not empty")
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on with the training in DIR that was stopped by Ctrl-C or its time limit; "
        "give the same rows and settings again",
    )
    parser.add_argument("--rank", type=int, metavar="N", help="save changed layers as a difference of rank N")
    parser.add_argument(
        "--corrections",
        type=Path,
        metavar="CSV",
        help="rows that only train: a column of texts and one for each task, a cell may be empty",
    )
    parser.add_argument(
        "--from", dest="start", type=model_name, metavar="MODEL", help="start with this model's heads"
    )
    parser.add_argument("--preset", choices=PRESETS, default="recommended")
    parser.add_argument("--config", type=Path, metavar="JSON", help="settings; the options below change them")
    _add_settings(parser)


def _add_settings(parser: argparse.ArgumentParser) -> None:
    given: dict[str, Any] = {"default": argparse.SUPPRESS}
    parser.add_argument("--freeze", metavar="S", help=", ".join(FreezeStrategy), **given)
    parser.add_argument("--head-input", choices=get_args(HeadInput), **given)
    parser.add_argument("--goal", type=float, metavar="X", help="stop at this mean macro-F1", **given)
    parser.add_argument("--epochs", type=int, metavar="N", help="in total, shared by the stages", **given)
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
