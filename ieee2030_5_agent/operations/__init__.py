"""What other agents can ask and order at run time: the RPC calls, free of VOLTTRON.

Every argument and every result is JSON; every refusal is a ValueError that names the argument.
The same rules hold as for the configuration.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .controls import Controls
from .devices import Devices
from .points import Points
from .programs import Programs
from .reservations import Reservations
from .responses import Responses
from .subscriptions import Subscriptions


class Operations(Points, Devices, Programs, Controls, Responses, Reservations, Subscriptions):
    """The operator's calls on one server. Public methods are the names of the RPC."""

    def all(self) -> Iterator[tuple[str, Callable[..., Any]]]:
        """Name and function of each call."""
        for part in type(self).__bases__:
            for name in vars(part):
                if not name.startswith("_"):
                    yield name, getattr(self, name)


def only_reads(name: str) -> bool:
    """Whether a call changes nothing: its name says so, also of those that the agent adds."""
    return name.startswith("get_")


__all__ = ["Operations", "only_reads"]
