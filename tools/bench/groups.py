"""The groups of figures, in the order in which they are measured, and what they share."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Future
from contextlib import AbstractContextManager, ExitStack, closing
from functools import cached_property

from . import (
    codec_speed,
    listener_speed,
    memory,
    platform,
    polling,
    request_speed,
    scrape,
    start_speed,
    store_speed,
    thousand,
    web_speed,
)
from .figures import Figure
from .load import Load


class Workbench(AbstractContextManager["Workbench"]):
    """What several groups need, made when the first of them asks and kept to the end."""

    def __init__(self) -> None:
        self._cleanup = ExitStack()

    def __exit__(self, *_: object) -> None:
        self._cleanup.close()

    def begin(self, groups: Collection[str]) -> None:
        """Begins with what takes long and disturbs no other group: the requests, whose fleet of
        10,000 is filled in a process of its own while figures of the processor are taken."""
        if "requests" in groups:
            _ = self.requests

    @cached_property
    def requests(self) -> Future[list[Figure]]:
        process = self._cleanup.enter_context(memory.fresh_process())
        return process.submit(request_speed.figures)

    @cached_property
    def load(self) -> Load:
        return self._cleanup.enter_context(closing(Load()))

    @cached_property
    def platform(self) -> platform.BenchPlatform:
        return self._cleanup.enter_context(platform.running())


GROUPS: dict[str, Callable[[Workbench], Iterator[Figure]]] = {
    "codec": lambda bench: codec_speed.measure(),
    "memory": lambda bench: memory.measure(),
    "requests": lambda bench: iter(bench.requests.result()),
    # After the process of the requests has ended: the clock counts.
    "start": lambda bench: start_speed.measure(),
    "store": lambda bench: store_speed.measure(),
    "listener": lambda bench: listener_speed.measure(bench.load),
    "web": lambda bench: web_speed.measure(bench.platform, bench.load),
    "scrape": lambda bench: scrape.measure(bench.platform, bench.load),
    "polling": lambda bench: polling.measure(bench.platform, bench.load),
    "thousand": lambda bench: thousand.measure(bench.platform, bench.load),
}
