"""The agent around the server, with VOLTTRON played by small fakes."""

from __future__ import annotations

import hashlib
import itertools
import json
import logging
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gevent
import pytest
from volttron.client.vip.agent import Agent

from ieee2030_5_agent.agent import IEEE2030_5Agent
from ieee2030_5_agent.model.errors import ModelError, NotWritable, UnknownDevice, UnknownPoint
from ieee2030_5_agent.model.telling import AT_ONCE
from ieee2030_5_agent.rpc import BadCall
from ieee2030_5_agent.sep.identity import IdentityError
from ieee2030_5_agent.settings import SettingsError

A = {"lfdi": "247bd68e3378fe57ba604e3c8bdf9e3f78a3d743"}
B = {"lfdi": "2990c58a59935a7d5838c952b1a453c967341a07"}
SFDI_A = "097935300833"
SFDI_B = "111576577659"


class Vip:
    """The subsystems that the agent uses: each remembers what it was told."""

    def __init__(self) -> None:
        self.defaults: dict[str, Any] = {}
        self.subscriptions: dict[str, Any] = {}
        self.health_status: tuple[str, Any] = ("GOOD", None)
        self.signals: list[Any] = []
        self.published: list[tuple[str, Any]] = []
        self.config = self.health = self.pubsub = self
        self.peerlist = Peers(self.signals)
        message = SimpleNamespace(peer="platform.web", user="platform.web")
        self.exported: dict[str, Any] = {}
        self.rpc = SimpleNamespace(
            context=SimpleNamespace(vip_message=message),
            export=lambda method, name: self.exported.update({name: method}),
            call=lambda *args, **kwargs: SimpleNamespace(get=lambda timeout: True),
        )

    def set_default(self, name: str, contents: Any) -> None:
        self.defaults[name] = contents

    def subscribe(self, callback: Any, actions: list[str], pattern: str) -> None:
        assert set(actions) == {"NEW", "UPDATE", "DELETE"}
        self.subscriptions[pattern] = callback

    def set_status(self, status: str, context: Any) -> None:
        json.dumps(context)
        self.health_status = (status, context)

    def publish(self, peer: str, topic: str, headers: Any, message: Any) -> Vip:
        self.published.append((topic, message))
        return self

    def get(self, timeout: float) -> None:
        return None


class Peers:
    """A platform whose platform.auth lets everybody pass; test_authorisation has the others."""

    def __init__(self, signals: list[Any]) -> None:
        self.onadd = SimpleNamespace(connect=signals.append)

    def __call__(self) -> Peers:
        return self

    def get(self, timeout: float) -> list[str]:
        return ["platform.auth"]


class Core:
    identity = "ieee2030_5"

    def __init__(self) -> None:
        self.spawned: list[Any] = []
        self.onsockevent = SimpleNamespace(connect=lambda receiver: None)
        self.onsetup = SimpleNamespace(connect=lambda receiver: None)

    def spawn(self, function: Any, *args: Any) -> None:
        self.spawned.append((function, args))


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch) -> Any:
    def init(self: Any, **kwargs: Any) -> None:
        self.vip, self.core = Vip(), Core()

    monkeypatch.setattr(Agent, "__init__", init)
    return IEEE2030_5Agent


@pytest.fixture
def agent(make: Any) -> Any:
    agent = make()
    configure(agent, {"devices": [A]})
    return agent


def configure(agent: Any, contents: Any, action: str = "UPDATE", name: str = "config") -> None:
    agent.vip.subscriptions[name](name, action, contents)


def call(agent: Any, name: str, *args: Any) -> Any:
    """An RPC call of another agent."""
    return agent.vip.exported[name](*args)


def sfdis(agent: Any) -> list[str]:
    return sorted(device["sfdi"] for device in call(agent, "get_devices"))


# --- configuration -------------------------------------------------------------------------------


def test_devices_are_added_changed_and_removed_live(agent: Any) -> None:
    assert sfdis(agent) == [SFDI_A]
    configure(agent, {"devices": [A, B]})
    assert sfdis(agent) == [SFDI_A, SFDI_B]
    configure(agent, {"devices": [B | {"pin_code": 19}]})
    assert sfdis(agent) == [SFDI_B]
    assert agent.vip.health_status == ("GOOD", None)


@pytest.mark.parametrize(
    ("contents", "field"),
    [
        ({"devices": [A, A]}, "devices[1].lfdi: "),
        ({"devices": [B], "timezone": "Mars"}, "timezone: "),
        ({"device": [B]}, "device: unknown key (did you mean devices?)"),
        ("devices: []", "config: an object with keys is expected"),
        ([], "config: an object with keys is expected"),
    ],
    ids=["duplicate", "bad value", "unknown key", "text", "list"],
)
def test_a_bad_update_is_refused_as_a_whole(
    agent: Any, caplog: pytest.LogCaptureFixture, contents: Any, field: str
) -> None:
    configure(agent, contents)
    assert sfdis(agent) == [SFDI_A]
    status, context = agent.vip.health_status
    assert status == "BAD"
    assert field in context
    warnings = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert [record.levelno for record in warnings] == [logging.WARNING]
    assert field in warnings[0].getMessage()
    assert field in agent.get_status()["problems"]["config"]
    configure(agent, {"devices": [B]})
    assert agent.vip.health_status == ("GOOD", None)
    assert sfdis(agent) == [SFDI_B]
    assert agent.get_status()["problems"] == {}


def get_dcap(agent: Any) -> str:
    """The status of an answer."""
    status: str = agent.web_request({"REQUEST_METHOD": "GET", "PATH_INFO": "/dcap"}, "")[0]
    return status


FAULTY = [
    pytest.param({"devices": 3}, id="the devices"),
    pytest.param({"stor": {}}, id="the name of the section"),
    pytest.param({"store": {"path": 3}}, id="the path"),
    pytest.param(None, id="late"),
]


@pytest.mark.parametrize("installed", [False, True], ids=["by hand", "installed"])
@pytest.mark.parametrize("first", FAULTY)
def test_the_first_valid_configuration_says_where_the_store_is(
    make: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: Any, installed: bool
) -> None:
    """What was acknowledged in memory, for want of a path, would be lost."""
    monkeypatch.setattr("ieee2030_5_agent.agent.FIRST_CONFIG_S", 0.01)
    monkeypatch.setenv("AGENT_UUID", "1")
    if not installed:
        monkeypatch.delenv("AGENT_UUID")
    path = tmp_path / "store.sqlite"
    agent = make()
    loops = [gevent.spawn(loop) for loop in (agent._keeper.keep, agent._keep_route)]
    if first is not None:
        configure(agent, first, "NEW")
    missing = "store: there is no configuration yet"
    with gevent.Timeout(10):
        while missing not in str(agent.vip.health_status[1]):
            gevent.sleep(0.01)
    assert agent.vip.health_status[0] == "BAD"
    assert get_dcap(agent) == "503 Service Unavailable"
    configure(agent, {"devices": [A], "store": {"path": str(path)}})
    with gevent.Timeout(10):
        while not agent._keeper.is_open:
            gevent.sleep(0.01)
    assert (agent._keeper.state, agent._keeper.status()["path"]) == ("good", str(path))
    assert path.exists()
    assert get_dcap(agent) == "200 OK"
    assert "store" not in agent.get_status()["problems"]
    gevent.killall(loops)
    agent._keeper.close()


def test_another_place_of_the_store_waits_for_the_next_start_and_health_says_so(
    agent: Any, tmp_path: Path
) -> None:
    path = tmp_path / "store.sqlite"
    configure(agent, {"devices": [A], "store": {"path": str(path)}})
    status, context = agent.vip.health_status
    assert status == "BAD"
    assert f"store: {path} is configured" in context
    assert "until the next start it is memory" in context
    configure(agent, {"devices": 3})
    assert f"store: {path} is configured" in agent.vip.health_status[1]
    assert get_dcap(agent) == "200 OK"
    configure(agent, {"devices": [A]})
    assert agent.vip.health_status == ("GOOD", None)


def test_nothing_of_a_configuration_is_used_that_cannot_be_put_in_force(
    agent: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(settings: object) -> None:
        raise ValueError("a conflict")

    configure(agent, {"devices": [A]})
    monkeypatch.setattr(agent._server, "configure", refuse)
    pattern = agent._route._pattern
    path = str(tmp_path / "store.sqlite")
    configure(agent, {"devices": [A], "root": "/other", "store": {"path": path}})
    assert agent._route._pattern == pattern
    assert agent.vip.health_status == (
        "BAD",
        "config: refused, the former configuration stays in force: a conflict",
    )


def test_warnings_of_a_usable_configuration(agent: Any, caplog: pytest.LogCaptureFixture) -> None:
    configure(agent, {"devices": [A | {"pin_code": "111114"}]})
    assert "pin_code 111114 has a wrong check digit" in caplog.text
    assert agent.vip.health_status == ("GOOD", None)
    assert len(agent.get_status()["warnings"]) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"devices": [{"sfdi": "097935300833"}]} ', {"devices": [{"sfdi": SFDI_A}]}),
        ('devices:\n- sfdi: "097935300833"\n', {"devices": [{"sfdi": SFDI_A}]}),
        ("", {}),
        ("3", {}),
    ],
    ids=["JSON", "YAML", "empty", "number"],
)
def test_file_of_the_installation(make: Any, tmp_path: Path, text: str, expected: Any) -> None:
    path = tmp_path / "config"
    path.write_text(text, encoding="utf-8")
    assert make(config_path=str(path)).vip.defaults == {"config": expected}


@pytest.mark.parametrize("text", [None, "{'a': [}"], ids=["missing", "broken"])
def test_unreadable_file_of_the_installation(
    make: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture, text: str | None
) -> None:
    path = tmp_path / "config"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    agent = make(config_path=str(path))
    assert str(path) in caplog.text
    configure(agent, agent.vip.defaults["config"], "NEW")
    assert agent.vip.health_status[0] == "BAD"


@pytest.mark.parametrize("given", [None, {}], ids=repr)
def test_no_file_of_the_installation(make: Any, given: Any) -> None:
    assert make(config_path=given).vip.defaults == {"config": {}}


def test_deleting_the_configuration_restores_that_of_the_file(make: Any) -> None:
    agent = make(config_path={"devices": [B]})
    configure(agent, {"devices": [A]})
    configure(agent, None, "DELETE")
    assert sfdis(agent) == [SFDI_B]


ROWS = [
    {"Volttron Point Name": "state", "Resource": "DERStatus", "Field": "genConnectStatus.value"}
]


def test_registry_of_the_operator(agent: Any) -> None:
    shipped = call(agent, "get_points", SFDI_A)
    configure(agent, ROWS, "NEW", "ieee2030_5.csv")
    assert call(agent, "get_points", SFDI_A) == {"state": None}
    configure(agent, [{"Volttron Point Name": "x"}], "UPDATE", "ieee2030_5.csv")
    status, context = agent.vip.health_status
    assert status == "BAD"
    assert "ieee2030_5.csv: refused" in context
    assert call(agent, "get_points", SFDI_A) == {"state": None}
    configure(agent, "no rows", "UPDATE", "ieee2030_5.csv")
    assert agent.vip.health_status[0] == "BAD"
    configure(agent, None, "DELETE", "ieee2030_5.csv")
    assert call(agent, "get_points", SFDI_A).keys() == shipped.keys()
    assert agent.vip.health_status == ("GOOD", None)


def test_health_names_every_problem(agent: Any) -> None:
    configure(agent, {"x": 1})
    agent._note("web", "platform.web is not connected")
    status, context = agent.vip.health_status
    assert status == "BAD"
    assert "x: unknown key" in context
    assert "web: platform.web is not connected" in context
    configure(agent, {})
    assert agent.vip.health_status == ("BAD", "web: platform.web is not connected")
    agent._note("web", None)
    assert agent.vip.health_status == ("GOOD", None)


# --- life cycle ----------------------------------------------------------------------------------


def test_starts_its_loops_once_however_often_it_connects(agent: Any) -> None:
    agent._on_start(None)
    agent._on_start(None)
    loops = [args[0].__qualname__ for _, args in agent.core.spawned]
    assert loops == [
        "Keeper.keep",
        "Bus.keep",
        "IEEE2030_5Agent._keep_time",
        "IEEE2030_5Agent._keep_route",
        "ListenerKeeper.keep",
        "Notifier.keep",
    ]


def test_a_fault_does_not_end_a_loop(
    agent: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("ieee2030_5_agent.agent.AFTER_FAULT_S", 0)
    calls: list[int] = []

    def loop() -> None:
        calls.append(1)
        if len(calls) == 3:
            raise gevent.GreenletExit
        raise ZeroDivisionError

    gevent.spawn(agent._for_ever, loop).join(timeout=5)
    assert len(calls) == 3
    assert [record.levelno for record in caplog.records] == [logging.ERROR] * 2


def test_the_timer_sleeps_until_something_is_due(
    agent: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []

    def advance(now: float) -> float | None:
        asked.append(now)
        return None

    monkeypatch.setattr(agent._server.fleet, "advance", advance)
    timer = gevent.spawn(agent._keep_time)
    gevent.idle()
    assert len(asked) == 1
    agent._on_change(SimpleNamespace(what="control", sfdi=SFDI_A, at=0, points={}, detail={}))
    gevent.idle()
    assert len(asked) == 2
    timer.kill()


def test_many_followers_of_a_control_leave_time_for_others(agent: Any) -> None:
    lfdis = [hashlib.sha256(bytes([number])).hexdigest()[:40] for number in range(200)]
    program = {"mRID": "A1", "description": "all", "primacy": 1, "all": True}
    configure(agent, {"devices": [{"lfdi": lfdi} for lfdi in lfdis], "programs": [program]})
    told: list[str] = []
    agent._server.listen(lambda change: told.append(change.what))
    timer = gevent.spawn(agent._keep_time)
    gevent.idle()
    agent.vip.exported["create_control"](program="A1", duration=600, modes={"opModMaxLimW": 5000})
    pieces = [told.count("control")]
    with gevent.Timeout(10):
        while pieces[-1] < 200:
            gevent.sleep(0)
            pieces.append(told.count("control"))
    timer.kill()
    assert max(after - before for before, after in itertools.pairwise(pieces)) <= AT_ONCE


def published(agent: Any) -> list[tuple[str, Any]]:
    """What goes out on the bus."""
    keeper = gevent.spawn(agent._bus.keep)
    gevent.idle()
    keeper.kill()
    messages: list[tuple[str, Any]] = agent.vip.published
    return messages


def test_changes_are_told_on_the_bus(agent: Any) -> None:
    configure(agent, {"devices": [A, B]})
    (topic, message), *rest = published(agent)
    assert rest == []
    assert topic == f"ieee2030_5/{SFDI_B}/registration"
    assert message["sFDI"] == SFDI_B
    assert json.loads(json.dumps(message)) == message


def test_the_devices_of_the_first_configuration_are_no_news(agent: Any) -> None:
    assert call(agent, "get_points", SFDI_A)
    assert published(agent) == []


def test_what_was_configured_while_the_agent_was_away_is_news(make: Any, tmp_path: Path) -> None:
    path = str(tmp_path / "store.sqlite")
    for devices, news in (([A], []), ([A, B], [f"ieee2030_5/{SFDI_B}/registration"])):
        agent = make()
        keeper = gevent.spawn(agent._keeper.keep)
        configure(agent, {"devices": devices, "store": {"path": path}})
        with gevent.Timeout(10):
            while not agent._keeper.is_open:
                gevent.sleep(0.01)
        assert [topic for topic, _ in published(agent)] == news
        agent._keeper.close()
        keeper.kill()


# --- requests and RPC ----------------------------------------------------------------------------


def test_web_requests_come_from_the_web_service_only(agent: Any) -> None:
    env = {"REQUEST_METHOD": "GET", "PATH_INFO": "/dcap"}
    assert agent.web_request(env, "")[0] == "200 OK"
    agent.vip.rpc.context.vip_message.peer = "someone"
    with pytest.raises(BadCall, match=r"for platform\.web, not for someone"):
        agent.web_request(env, "")


@pytest.mark.parametrize("sfdi", [SFDI_A, 97935300833, "97935300833", "097-935-300-833"])
def test_sfdi_in_any_spelling(agent: Any, sfdi: str | int) -> None:
    assert call(agent, "get_point", sfdi, "b1_SN") == call(agent, "get_points", sfdi)["b1_SN"]
    assert list(call(agent, "get_changes", None, [sfdi])["points"]) == [SFDI_A]
    assert "<sFDI>97935300833</sFDI>" in call(agent, "get_resource", sfdi, "EndDevice")


def test_changes_since_a_cursor(agent: Any) -> None:
    first = call(agent, "get_changes")
    assert first["points"].keys() == {SFDI_A}
    nothing = {"cursor": first["cursor"], "points": {}, "whole": [], "registries": {}}
    assert call(agent, "get_changes", first["cursor"]) == nothing
    call(agent, "config_points", SFDI_A, ROWS)
    assert call(agent, "get_changes", first["cursor"])["points"] == {SFDI_A: {"state": None}}
    assert call(agent, "get_changes", "another run:7")["points"] == {SFDI_A: {"state": None}}
    assert call(agent, "get_changes", None, [])["points"] == {}


@pytest.mark.parametrize(
    ("method", "args", "error", "text"),
    [
        ("get_point", (SFDI_B, "b1_SN"), UnknownDevice, SFDI_B),
        ("get_point", (SFDI_A, "nope"), UnknownPoint, "nope"),
        ("get_point", (SFDI_A, None), ModelError, "a name is expected"),
        ("get_point", ("x", "b1_SN"), IdentityError, "SFDI 'x' is not a number"),
        ("get_point", (SFDI_A[:-1] + "4", "b1_SN"), IdentityError, "check digit"),
        ("get_points", (None,), IdentityError, "NoneType"),
        ("get_points", (), BadCall, "missing a required argument: 'sfdi'"),
        ("set_point", (SFDI_A, "b1_SN", 1), NotWritable, "b1_SN"),
        ("set_point", (SFDI_A, "b124_WChaMax", float("nan")), ModelError, "b124_WChaMax"),
        ("set_point", (SFDI_A, "b124_WChaMax", "much"), ModelError, "b124_WChaMax"),
        ("set_point", (SFDI_A, "b124_WChaMax", 100), ModelError, "b124_WChaMax"),
        ("revert_point", (SFDI_A, "b1_SN"), NotWritable, "b1_SN"),
        ("config_points", (SFDI_A, "rows"), ModelError, "a list of rows is expected"),
        ("config_points", (SFDI_A, [1]), ModelError, "a list of rows is expected"),
        ("get_changes", (7,), ModelError, "cursor is 7"),
        ("get_changes", (None, SFDI_A), ModelError, "a list of SFDIs is expected"),
        ("get_changes", (None, ["x"]), IdentityError, "SFDI 'x'"),
        ("get_resource", (SFDI_A, "Nope"), ModelError, "Nope"),
        ("get_resource", (SFDI_B, "EndDevice"), UnknownDevice, SFDI_B),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_refused_calls(
    agent: Any, method: str, args: tuple[Any, ...], error: type[Exception], text: str
) -> None:
    before = call(agent, "get_points", SFDI_A)
    with pytest.raises(error) as caught:
        call(agent, method, *args)
    assert text in str(caught.value)
    assert caught.value.args == (str(caught.value),)
    assert call(agent, "get_points", SFDI_A) == before


def test_status_is_json(agent: Any) -> None:
    status = agent.get_status()
    assert json.loads(json.dumps(status)) == status
    assert status["devices"] == 1


def test_every_operation_is_exported_and_guarded(agent: IEEE2030_5Agent) -> None:
    exported = agent.vip.exported
    assert {"register_device", "create_program", "get_responses", "set_poll_rate"} <= set(exported)
    assert exported["register_device"](sfdi="19")["sfdi"] == "000000000019"
    with pytest.raises(SettingsError, match="colour: unknown key"):
        exported["register_device"](sfdi="109", colour="red")
