"""Whether those who follow something still may: asked again every few seconds, many in a few statements."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import logging
import time
from collections import deque
from collections.abc import Callable, Collection, Hashable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from asgiref.sync import SyncToAsync, ThreadSensitiveContext, sync_to_async

logger = logging.getLogger(__name__)

Key = TypeVar("Key", bound=Hashable)

# Five seconds after a right was taken away nothing is given for it any more: what is left is for the asking.
RECHECK_SECONDS = 3.0
# Asked about together: few statements, and no lane is held for long.
TOGETHER = 50
# Of half the time between two askings, where hardly anybody follows.
SHORTEST = 0.05


@dataclass(slots=True, eq=False)
class Follower(Generic[Key]):
    """Somebody who follows something, whether they still may, and when that is asked next."""

    key: Key
    due: float
    may: bool = True
    left: bool = False


class Rounds(Generic[Key]):
    """Asks again about everybody who follows, beside what is delivered to them.

    All of them wait for the same event: if each were asked about before it is given to them, they would be asked about
    together, one by one, at the very moment at which all want to hear.
    """

    # Where they are asked about, so that no event waits behind it; None is where everything else is asked.
    thread: ThreadSensitiveContext | None = None

    def __init__(self, still: Callable[[Collection[Key]], Collection[Key]]) -> None:
        """`still` gives those of the keys that may go on; it asks the database."""
        self._still = still
        self._followers: deque[Follower[Key]] = deque()
        self._going: asyncio.Task[None] | None = None

    @contextlib.contextmanager
    def watched(self, key: Key) -> Iterator[Follower[Key]]:
        """Within the block `may` is what was so RECHECK_SECONDS ago at the most, and what a round takes."""
        follower = Follower(key, time.monotonic() + RECHECK_SECONDS)
        self._followers.append(follower)
        self._go()
        try:
            yield follower
        finally:
            follower.left = True

    def _go(self) -> None:
        if self._going is None or self._going.done():
            context = contextvars.copy_context()
            if self.thread is not None:
                context.run(SyncToAsync.thread_sensitive_context.set, self.thread)
            self._going = asyncio.get_running_loop().create_task(self._rounds(), context=context)

    async def _rounds(self) -> None:
        while self._followers:
            together = self._due()
            if together:
                await self._ask(together)
            # Those who came together part: the few of each asking are due again when these few are.
            share = len(together) / (len(self._followers) + 1)
            await asyncio.sleep(RECHECK_SECONDS * min(max(share, SHORTEST), 1) / 2)

    def _due(self) -> list[Follower[Key]]:
        """The next few whose time has come, and who have not left; the first in the row was asked about longest ago."""
        found: list[Follower[Key]] = []
        now = time.monotonic()
        while self._followers and len(found) < TOGETHER:
            first = self._followers[0]
            if not first.left and first.due > now:
                break
            self._followers.popleft()
            if not first.left:
                found.append(first)
        return found

    async def _ask(self, together: list[Follower[Key]]) -> None:
        keys = {one.key for one in together}
        try:
            still = await sync_to_async(self._still)(keys)
        except Exception:
            # They come back, and are asked about before anything is given to them.
            logger.exception("Followers of a stream could not be asked about")
            still = set()
        due = time.monotonic() + RECHECK_SECONDS
        for one in together:
            one.may = one.key in still
            one.due = due
            if one.may and not one.left:
                self._followers.append(one)
