"""The options of the commands that say how far rows and models can be trusted."""

import argparse
from pathlib import Path
from typing import Any

from mtl.cli.hub_commands import model_name
from mtl.cli.rows import add_choice, add_rows

_EXPECTATIONS = """
FILE.csv has the columns text, task (may be empty where the model has one), expect and when:
  expect is a label   the text must get this label
  same                the answer must stay under a typo, a polite word, another name, in lower case:
                      when is one of typo, polite, name, lower case, or another text (empty: all four)
  changes             the answer must change under a negation: when is negation, or another text
The exit status is 0 where all hold, 1 where one is broken, 2 for a file that cannot be read.
"""


def add_trust(commands: Any, shared: argparse.ArgumentParser, model: argparse.ArgumentParser) -> None:
    """Adds `suggest`, `forecast`, `promise`, `because` and `test`."""
    suggest = commands.add_parser(
        "suggest", parents=[shared, model], help="choose the texts that are worth a label next"
    )
    suggest.add_argument("file", type=Path, metavar="UNLABELLED.csv")
    suggest.add_argument("-n", dest="count", type=int, default=10, metavar="N", help="so many (default: 10)")
    suggest.add_argument("--task", metavar="NAME", help="with --model: of several tasks, only this one")
    suggest.add_argument("--text-column", metavar="NAME", help="which column holds the texts")

    forecast = commands.add_parser(
        "forecast", parents=[shared], help="how accurate 2 and 4 times the rows would make a model"
    )
    add_rows(forecast)

    promise = commands.add_parser(
        "promise", parents=[shared], help="from which probability on an accuracy can be promised"
    )
    promise.add_argument("model", type=Path, metavar="MODEL", help="folder or zip")
    promise.add_argument("--task", metavar="NAME", help="may be left out where the model has one")
    promise.add_argument(
        "--at-least", type=float, required=True, metavar="X", help="the share of right answers, such as 0.95"
    )
    promise.add_argument(
        "--csv", type=Path, required=True, metavar="ROWS.csv", help="labelled rows that chose nothing"
    )
    promise.add_argument(
        "--confidence", type=float, default=0.9, metavar="X", help="of the promise (default: %(default)s)"
    )
    promise.add_argument(
        "--save", action="store_true", help="keep the promise in the model, which then abstains"
    )
    add_choice(promise)

    because = commands.add_parser("because", parents=[shared], help="which rows speak for an answer")
    because.add_argument("text", metavar="TEXT")
    because.add_argument("--about", metavar="NAME", help="of several tasks, this one")
    because.add_argument("-n", dest="count", type=int, default=10, metavar="N", help="so many (default: 10)")
    add_rows(because)

    test = commands.add_parser(
        "test",
        parents=[shared],
        help="check what a model must answer",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=_EXPECTATIONS,
    )
    test.add_argument("model", type=model_name, metavar="MODEL", help="folder or zip")
    test.add_argument("file", type=Path, metavar="FILE.csv")
    test.add_argument(
        "--before", type=model_name, metavar="MODEL", help="what it broke and mended since this one"
    )
