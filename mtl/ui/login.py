"""An optional login for a page that is not for everybody."""

from collections.abc import MutableMapping
from typing import Final

VARIABLE: Final = "MTL_LOGIN"


def take_login(environment: MutableMapping[str, str]) -> tuple[str, str] | None:
    """Name and password from MTL_LOGIN=name:password; None where it is not set. They are taken out of the
    environment: processes that this one starts need not know them.

    Raises ValueError where there is no colon, or nothing on one side of it.
    """
    name, colon, password = environment.pop(VARIABLE, "").partition(":")
    if not name and not colon:
        return None
    if not name or not password:
        raise ValueError(f"{VARIABLE} needs a name and a password: write it as name:password")
    return name, password
