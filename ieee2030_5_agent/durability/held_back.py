"""What stands between the adapters and the server: answers wait here for the disk."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ..model.errors import StoreUnavailable
from ..operations import only_reads
from ..rest.call import CHANGING_METHODS
from ..rest.messages import Request, Response
from ..server import Server
from .keeper import READING, Keeper

# How long an RPC call waits for the store to be opened.
OPENING_S = 10.0


class HeldBack:
    """A server whose answers are held back: ``handle`` for requests, ``operation`` for RPC."""

    def __init__(self, server: Server, keeper: Keeper) -> None:
        self._server = server
        self._keeper = keeper

    def handle(self, request: Request) -> Response:
        """Server.handle, held back until what it changed is on disk."""
        keeper, changing = self._keeper, request.method in CHANGING_METHODS
        if not keeper.is_open or (changing and keeper.state == READING):
            return self._server.unavailable(request, keeper.problem)
        # What time brings is not this request's doing.
        self._server.fleet.advance(self._server.clock())
        before = keeper.position
        response = self._server.handle(request)
        if not changing or response.status >= 400:
            return response
        if keeper.position == before and not self._server.keeps(request):
            return response  # what devices repeat is written behind, whatever becomes of the rest
        refused = keeper.settled()
        return response if refused is None else self._server.unavailable(request, refused, response)

    def operation(self, method: Callable[..., Any]) -> Callable[..., Any]:
        """An RPC method, held back as requests are, unless it changes nothing."""
        reading = only_reads(method.__name__)

        @functools.wraps(method)
        def call(*args: Any, **kwargs: Any) -> Any:
            if not self._keeper.wait_open(OPENING_S):
                raise StoreUnavailable(self._keeper.problem)
            if reading:
                return method(*args, **kwargs)
            self._server.fleet.check_open()
            result = method(*args, **kwargs)
            refused = self._keeper.settled()
            if refused is not None:
                raise StoreUnavailable(refused)
            return result

        return call
