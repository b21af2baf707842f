"""Which of several answers to one visitor was asked for last: they may come in another order."""

from typing import Final

from cachetools import LRUCache

_SESSIONS: Final = 10_000


class Latest:
    """Of the answers and streams that fill the same components of one page, only the newest may speak."""

    def __init__(self) -> None:
        self._streams: LRUCache[str, object] = LRUCache(_SESSIONS)

    def begin(self, session: str | None) -> object:
        """A new stream of this page; whatever ran before ends."""
        stream = self._streams[session or ""] = object()
        return stream

    def holds(self, session: str | None, stream: object) -> bool:
        """Whether this is still the newest."""
        return self._streams.get(session or "") is stream
