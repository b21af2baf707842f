"""Texts that a spreadsheet would take for formulas, in the CSV files that leave the page.

A leading apostrophe makes it show them as text, as OWASP advises ("CSV Injection"). The reader takes it away.
"""

import re
from typing import Any, Final

# With apostrophes of its own before it, so that what is taken away is always what was added.
_FORMULA: Final = re.compile(r"\A'*[=+\-@\t\r]")
_NUMBER: Final = re.compile(r"[+-]?\d{1,20}(?:[.,]\d{1,20})?")


def guarded(cell: Any) -> Any:
    """A cell that no spreadsheet runs; numbers, and whatever is not text, stay as they are."""
    risky = isinstance(cell, str) and _FORMULA.match(cell) and not _NUMBER.fullmatch(cell)
    return f"'{cell}" if risky else cell


def unguarded(cell: Any) -> Any:
    """The inverse of `guarded`."""
    if isinstance(cell, str) and cell[:1] == "'" and guarded(cell[1:]) == cell:
        return cell[1:]
    return cell
