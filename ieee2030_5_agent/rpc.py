"""The guard of every RPC method: JSON types go out, ordinary exceptions go out, nothing else.

VOLTTRON sends no reply at all when a result cannot be serialised or when something is raised that
is not an ``Exception``, ``gevent.Timeout`` included; the caller then waits for ever.
"""

from __future__ import annotations

import functools
import inspect
import logging
import sys
from collections.abc import Callable, Mapping
from typing import Any

from gevent import GreenletExit

from .authorisation import NotAuthorised
from .json_types import Json, to_json
from .model.errors import ModelError
from .model.points import PointMapError
from .sep.identity import IdentityError
from .sep.json_form import JsonError
from .settings import SettingsError

_log = logging.getLogger(__name__)

_DISPATCHER = "volttron.client.vip.agent.subsystems.rpc"


class BadCall(TypeError):
    """Arguments that the method does not take; the text says which."""


class InternalError(RuntimeError):
    """The agent's own fault; the text is all that crosses, the traceback is in its log."""


# The caller's mistakes: said to the caller, a line in our log.
REFUSALS = (
    *(ModelError, PointMapError, IdentityError, JsonError, SettingsError),
    *(BadCall, NotAuthorised),
)
Gate = Callable[[str, Mapping[str, object]], None]


def _open(method: str, arguments: Mapping[str, object]) -> None:
    """The gate of calls that everybody may make."""


def guarded(method: Callable[..., object], gate: Gate = _open) -> Callable[..., Json]:
    """Wraps a method for export; ``gate(name, arguments)`` raises for who may not call it."""
    signature = inspect.signature(method)
    name = method.__name__

    @functools.wraps(method)
    def call(*args: Any, **kwargs: Any) -> Json:
        try:
            try:
                bound = signature.bind(*args, **kwargs)
            except TypeError as mismatch:
                raise BadCall(f"{name}: {mismatch}") from None
            gate(name, bound.arguments)
            return to_json(method(*args, **kwargs), f"the result of {name}")
        except REFUSALS as refusal:
            _log.info("%s refused: %s", name, refusal)
            refusal.args = (str(refusal),)  # the arguments cross too, so they must be JSON
            raise
        except (GreenletExit, KeyboardInterrupt):
            raise  # the agent stops: there is no one to answer any more
        except BaseException as fault:
            raise InternalError(f"{name} failed: {type(fault).__name__}: {fault}") from fault

    return call


class RefusalFilter(logging.Filter):
    """Keeps VOLTTRON from logging a caller's mistake at ERROR with a traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        """False for a record that is written while a refusal is on its way to the caller."""
        return not isinstance(sys.exc_info()[1], REFUSALS)


def quieten_refusals() -> None:
    """Installs the filter on VOLTTRON's RPC dispatcher."""
    logger = logging.getLogger(_DISPATCHER)
    if not any(isinstance(known, RefusalFilter) for known in logger.filters):
        logger.addFilter(RefusalFilter())
