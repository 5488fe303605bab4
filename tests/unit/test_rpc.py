"""The guard of RPC methods: only JSON and ordinary exceptions leave."""

from __future__ import annotations

import logging
from typing import Any

import gevent
import pytest

from ieee2030_5_agent import rpc
from ieee2030_5_agent.model.errors import UnknownPoint
from ieee2030_5_agent.model.points import PointMapError
from ieee2030_5_agent.rpc import BadCall, InternalError, guarded
from ieee2030_5_agent.sep.identity import IdentityError


class Service:
    """Methods as an agent exports them."""

    @guarded
    def give(self, value: Any, twice: bool = False) -> Any:
        """Gives."""
        return [value, value] if twice else value

    @guarded
    def throw(self, error: BaseException) -> None:
        raise error


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, None), (0, 0), (b"\x0a", "0A"), ((1, {2}), [1, [2]]), ({1: "x"}, {"1": "x"})],
    ids=repr,
)
def test_results_are_json(value: Any, expected: Any) -> None:
    assert Service().give(value) == expected


def test_keeps_what_the_dispatcher_looks_at() -> None:
    assert (Service.give.__name__, Service.give.__doc__) == ("give", "Gives.")
    assert Service().give(twice=True, value=1) == [1, 1]


@pytest.mark.parametrize(
    ("args", "kwargs", "text"),
    [
        ((), {}, "give: missing a required argument: 'value'"),
        ((1, 2, 3), {}, "give: too many positional arguments"),
        ((1,), {"thrice": 1}, "give: got an unexpected keyword argument 'thrice'"),
    ],
    ids=["missing", "too many", "unknown"],
)
def test_wrong_arguments(args: tuple[Any, ...], kwargs: dict[str, Any], text: str) -> None:
    with pytest.raises(BadCall) as caught:
        Service().give(*args, **kwargs)
    assert str(caught.value) == text


@pytest.mark.parametrize(
    "refusal",
    [UnknownPoint("no x"), IdentityError("bad"), PointMapError(["line 2: y", "line 3: z"])],
    ids=repr,
)
def test_refusals_keep_their_type_and_text(
    refusal: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    text = str(refusal)
    with pytest.raises(type(refusal)) as caught:
        Service().throw(refusal)
    assert caught.value.args == (text,)
    assert [record.levelno for record in caplog.records] == [logging.INFO]
    assert text in caplog.text


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (gevent.Timeout(3), "throw failed: Timeout: 3 seconds"),
        (SystemExit(0), "throw failed: SystemExit: 0"),
        (NotImplementedError(), "throw failed: NotImplementedError: "),
        (KeyError(b"\xff"), "throw failed: KeyError: b'\\xff'"),
        (ValueError("bug"), "throw failed: ValueError: bug"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_faults_become_one_ordinary_exception(fault: BaseException, text: str) -> None:
    with pytest.raises(InternalError) as caught:
        Service().throw(fault)
    assert caught.value.args == (text,)
    assert caught.value.__cause__ is fault


@pytest.mark.parametrize(
    "value",
    [object(), float("nan"), [float("inf")], {None: 1}],
    ids=["object", "NaN", "infinity", "key None"],
)
def test_what_is_no_json_is_a_fault(value: Any) -> None:
    with pytest.raises(InternalError, match="the result of give"):
        Service().give(value)


@pytest.mark.parametrize("end", [gevent.GreenletExit, KeyboardInterrupt])
def test_the_end_of_the_agent_is_not_held_up(end: type[BaseException]) -> None:
    with pytest.raises(end):
        Service().throw(end())


def test_mistakes_of_callers_are_no_errors_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """VOLTTRON's dispatcher logs every exception with its traceback at ERROR."""
    dispatcher = logging.getLogger("volttron.client.vip.agent.subsystems.rpc")
    before = list(dispatcher.filters)
    rpc.quieten_refusals()
    rpc.quieten_refusals()
    added = [found for found in dispatcher.filters if found not in before]
    assert len(added) == 1
    try:
        for error in (UnknownPoint("mistake"), BadCall("mistake"), InternalError("fault")):
            try:
                raise error
            except (UnknownPoint, BadCall, InternalError) as problem:
                dispatcher.log(logging.ERROR, "unhandled: %s", problem)
        dispatcher.error("no exception at all")
    finally:
        dispatcher.removeFilter(added[0])
    messages = [record.getMessage() for record in caplog.records]
    assert messages == ["unhandled: fault", "no exception at all"]
