"""The benchmark's own logic: what a figure says, when a goal is met, how time is taken."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ieee2030_5_agent.model.fleet import Fleet
from ieee2030_5_agent.model.points import PointMap
from ieee2030_5_agent.rest.messages import Response
from ieee2030_5_agent.sep.codec import decode
from tests.driver_fakes import fake_platform
from tools.bench import __main__ as bench
from tools.bench import (
    certificates,
    documents,
    listener_speed,
    load_process,
    polling,
    request_speed,
    site,
    start_speed,
)
from tools.bench.figures import Figure, as_json
from tools.bench.load import Result, request
from tools.bench.timing import percentile, side_by_side
from tools.bench.turns import Turns

KEYS = ["name", "ours", "reference", "ratio", "unit", "goal", "goal_met"]


@pytest.mark.parametrize(
    ("ours", "reference", "goal", "met"),
    [
        pytest.param(3.0, 1.0, "ratio <= 4", True, id="a ratio below its limit"),
        pytest.param(4.0, 1.0, "ratio <= 4", True, id="a ratio at its limit"),
        pytest.param(4.1, 1.0, "ratio <= 4", False, id="a ratio above its limit"),
        pytest.param(90.0, 100.0, "ratio >= 0.9", True, id="a rate that is high enough"),
        pytest.param(89.0, 100.0, "ratio >= 0.9", False, id="a rate that is too low"),
        pytest.param(12.0, None, "ours <= 12", True, id="a value of ours alone"),
        pytest.param(12.1, 0.0, "ours <= 12", False, id="a value of ours, whatever the reference"),
        pytest.param(1.0, 0.0, "ratio <= 4", False, id="a ratio to nothing"),
        pytest.param(1.0, 2.0, None, None, id="no goal"),
    ],
)
def test_a_goal_is_met(
    ours: float, reference: float | None, goal: str | None, met: bool | None
) -> None:
    assert Figure("n", ours, reference, "us", goal).goal_met is met


@pytest.mark.parametrize(
    ("reference", "goal"), [(1.0, "ratio < 4"), (1.0, "faster"), (None, "ratio <= 4")]
)
def test_a_goal_that_cannot_be_judged_is_refused(reference: float | None, goal: str) -> None:
    with pytest.raises(ValueError, match=r"^n: "):
        Figure("n", 1.0, reference, "us", goal)


def test_a_ratio_that_was_taken_turn_by_turn_is_the_one_that_counts() -> None:
    figure = Figure("n", 1.0, 2.0, "1/s", "ratio >= 0.9", of_turns=0.95)
    assert (figure.ratio, figure.goal_met) == (0.95, True)
    assert figure.as_json()["ratio"] == 0.95


def result(rate: float, *latencies: float) -> Result:
    return Result(rate, {"200": len(latencies)}, list(latencies))


def test_the_ratio_of_rates_is_the_median_of_those_of_neighbouring_turns() -> None:
    # In the first turn the machine was slow for both, in the last one for ours alone.
    turns = Turns(
        [result(40), result(90), result(95), result(92), result(10)],
        [result(50), result(100), result(100), result(100), result(100)],
    )
    figure = turns.rate("n", "1/s", "ratio >= 0.9")
    assert (figure.ours, figure.reference, figure.ratio) == (90, 100, 0.9)


def test_latencies_are_those_of_all_turns() -> None:
    turns = Turns([result(1, 0.001, 0.002), result(1, 0.050)], [result(1, 0.004)])
    figure = turns.latency("n", 100)
    assert (figure.ours, figure.reference, figure.unit) == (50, 4, "ms")


STEADY = [0.030] * 1000
STALLS_ONCE = [*STEADY, 0.071]


@pytest.mark.parametrize(
    ("ours", "reference", "counts", "met"),
    [
        pytest.param([STEADY] * 3, [STEADY] * 3, (0, 0), True, id="as the reference"),
        pytest.param([[0.060] * 9] * 3, [STEADY] * 3, (0, 0), True, id="slower, but no stall"),
        pytest.param([STALLS_ONCE, STEADY], [STEADY] * 2, (1, 0), False, id="one of thousands"),
        pytest.param(
            [[*STEADY, 0.5, 0.5], STEADY],
            [STEADY, STALLS_ONCE],
            (1, 1),
            True,
            id="the machine disturbed both",
        ),
        pytest.param(
            [STALLS_ONCE] * 3, [STALLS_ONCE, *[STEADY] * 2], (3, 1), False, id="ours more often"
        ),
    ],
)
def test_a_stall_of_any_request_counts_unless_the_reference_stalls_as_often(
    ours: list[list[float]], reference: list[list[float]], counts: tuple[int, int], met: bool
) -> None:
    turns = Turns([result(1, *each) for each in ours], [result(1, *each) for each in reference])
    stalled = turns.stalled("n")
    assert (stalled.ours, stalled.reference, stalled.unit) == (*counts, "turns")
    assert stalled.goal_met is met


def test_a_cost_is_spread_over_all_operations() -> None:
    turns = Turns([result(1, 0.1), result(1, 0.1, 0.1)], [result(1, 0.1)])
    figure = turns.cost("n", [0.006, 0.001])
    assert (figure.ours, figure.reference, figure.unit) == (2000, 1000, "us")


class TurnedRun:
    """A run that tells whose turn it was."""

    def __init__(self, name: str, log: list[str]) -> None:
        self._name, self._log = name, log

    def turn(self) -> Result:
        self._log.append(self._name)
        return result(len(self._log))


def test_who_was_last_in_a_turn_is_first_in_the_next() -> None:
    log: list[str] = []
    runs: list[Any] = [TurnedRun("A", log), TurnedRun("B", log)]
    of_a, of_b = load_process.take_turns(runs, 3)
    assert "".join(log) == "ABBAAB"
    assert [each.rate for each in of_a] == [1, 4, 5]
    assert [each.rate for each in of_b] == [2, 3, 6]


def test_the_json_has_what_the_line_has() -> None:
    figures = [
        Figure("decode", 2.0, 8.0, "us", "ratio <= 4"),
        Figure("start", 2.5, None, "s"),
    ]
    assert json.loads(as_json(figures)) == [
        dict(zip(KEYS, values, strict=True))
        for values in (
            ("decode", 2.0, 8.0, 0.25, "us", "ratio <= 4", True),
            ("start", 2.5, None, None, "s", None, None),
        )
    ]


@pytest.mark.parametrize(
    ("figure", "line"),
    [
        (Figure("a", 1.234, 1234.5, "us"), "a 1.23 1234 0.001 us"),
        (Figure("a", 5.0, None, "s", "ours <= 3"), "a 5 - - s NOT MET: ours <= 3"),
        (Figure("a", 5.0, 1.0, "s", "ratio >= 3"), "a 5 1 5 s ratio >= 3"),
    ],
)
def test_a_line_has_the_columns_in_order(figure: Figure, line: str) -> None:
    assert figure.as_line(1).split() == line.split()


@pytest.mark.parametrize(
    ("percent", "value"), [(0, 1), (50, 2), (51, 3), (75, 3), (99, 4), (100, 4)]
)
def test_a_percentile_is_a_value_that_occurred(percent: float, value: int) -> None:
    assert percentile([4, 2, 1, 3], percent) == value


def test_there_is_no_percentile_of_nothing() -> None:
    with pytest.raises(ValueError, match="no values"):
        percentile([], 50)


class Machine:
    """Calls that take what they are told on a clock of their own."""

    def __init__(self) -> None:
        self.now = 0.0
        self.log: list[str] = []

    def call(self, name: str, seconds: Iterator[float]) -> Callable[[], None]:
        def run() -> None:
            self.now += next(seconds)
            self.log.append(name)

        return run

    def clock(self) -> float:
        return self.now


def forever(*seconds: float) -> Iterator[float]:
    yield from seconds[:-1]
    while True:
        yield seconds[-1]


def test_contestants_take_turns_and_get_equal_time() -> None:
    machine = Machine()
    calls = {"fast": machine.call("f", forever(1.0)), "slow": machine.call("s", forever(4.0))}
    taken = side_by_side(calls, rounds=3, round_s=8.0, clock=machine.clock)
    assert taken == {"fast": 1.0, "slow": 4.0}
    assert "".join(machine.log).endswith(("f" * 8 + "s" * 2) * 3)


def test_what_the_first_call_makes_does_not_decide_how_many_fit() -> None:
    machine = Machine()
    calls = {"a": machine.call("a", forever(100.0, 1.0))}
    side_by_side(calls, rounds=1, round_s=8.0, clock=machine.clock)
    assert machine.log[-8:] == ["a"] * 8
    assert len(machine.log) == 1 + 1 + 2 + 8  # warm up; one and two to find out; one round


def test_a_disturbed_round_does_not_count() -> None:
    machine = Machine()
    # One call to warm up, one to find out how many fit, then five rounds of one call each.
    disturbed = machine.call("a", forever(9.0, 1.0, 1.0, 50.0, 1.0, 70.0, 1.0))
    taken = side_by_side({"a": disturbed}, rounds=5, round_s=1.0, clock=machine.clock)
    assert taken == {"a": 1.0}


@pytest.mark.parametrize("name", [path.stem for path in sorted(documents.FOLDER.glob("*.xml"))])
def test_every_document_is_one_that_the_server_reads(name: str) -> None:
    assert type(decode(documents.document(name))).__name__ == name


def test_a_filled_fleet_has_every_resource_reading_and_control() -> None:
    devices = site.fleet(2)
    server = site.start(devices)
    for each in devices:
        site.fill(server, each)
        site.schedule(server, each, 3)
    for each in devices:
        known = server.fleet.device(each.sfdi)
        assert {name for name, _ in known.resources} >= set(documents.PLACES)
        assert known.number == each.number
        assert len(server.fleet.dispatch.controls_of(known)) == 3
        server.fleet.config_points(each.sfdi, site.registry_rows())
        points = server.fleet.get_points(each.sfdi)
        assert len(points) == 26
        assert points["b113_A"] == 38


def test_the_aggregator_reads_full_pages_of_different_programs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers: list[Response] = []
    ask = site.ask
    monkeypatch.setattr(site, "ask", lambda *args, **more: answers.append(ask(*args, **more)))
    for act in request_speed.aggregated(site.fleet(request_speed.FEEDERS + 3)):
        act()
    pages = [decode(answer.body) for answer in answers]
    assert [page.results for page in pages] == [10] * request_speed.FEEDERS
    assert len({page.href for page in pages}) == request_speed.FEEDERS


def test_a_start_ends_with_an_answer_of_a_server_that_has_devices_and_the_default_registry(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[Any] = []
    maps: list[PointMap] = []
    set_default_points = Fleet.set_default_points

    def noting(fleet: Fleet, points: PointMap) -> None:
        maps.append(points)
        set_default_points(fleet, points)

    monkeypatch.setattr(start_speed, "DEVICES", 3)
    monkeypatch.setattr(site, "ask", lambda *request: asked.append(request))
    monkeypatch.setattr(Fleet, "set_default_points", noting)
    clock, processor = start_speed.seconds()
    ((server, *_),) = asked
    (points,) = maps
    known = server.fleet.registry.listed
    assert [device.point_map for device in known] == [points] * 3
    assert len(points.rows) > 1000
    assert clock > 0
    assert processor > 0


def test_what_a_device_sends_again_changes_what_its_points_read() -> None:
    device = site.device(0)
    server = site.start([device])
    server.fleet.config_points(device.sfdi, site.registry_rows())
    site.fill(server, device)
    before = server.fleet.get_points(device.sfdi)
    site.fill(server, device, less=7)
    after = server.fleet.get_points(device.sfdi)
    changed = {name for name in before if before[name] != after[name]}
    # Of a rating, a setting, the power status, the status of the DER and a meter reading.
    assert changed >= {"b120_WRtg", "b121_WMax", "b404_DCW", "b802_State", "b113_WH"}


def test_a_request_states_the_length_of_its_body() -> None:
    head, _, body = request("PUT", "/dcap", b"<a/>").partition("\r\n\r\n")
    assert head.splitlines()[0] == "PUT /dcap HTTP/1.1"
    assert "Content-Length: 4" in head.splitlines()
    assert body == "<a/>"
    assert "Content-Length" not in request("GET", "/dcap")


def test_each_put_of_a_load_changes_a_point_whichever_connection_sends_it(tmp_path: Path) -> None:
    certificates.make(tmp_path, devices=1)
    device = certificates.load_device(tmp_path, 0)
    server = site.start([device])
    site.fill(server, device)
    requests = listener_speed.asking(tmp_path, "PUT", 3).requests
    together = [each for turn in zip(*requests, strict=True) for each in turn]
    one_after_the_other = [each for connection in requests for each in connection]
    for text in [*together, *one_after_the_other]:
        before = server.fleet.cursor
        head, _, body = text.partition("\r\n\r\n")
        site.ask(server, "PUT", head.split()[1], body.encode())
        assert server.fleet.cursor != before


@pytest.mark.parametrize("driver_type", ["ieee2030_5", "other"])
def test_the_poll_of_a_device_is_due_when_its_scheduler_says(driver_type: str) -> None:
    names = [f"d{number}" for number in range(3)]
    with fake_platform() as platform:
        platform.start(
            **{
                name: {
                    "driver_config": {"sfdi": site.device(number).sfdi},
                    "driver_type": driver_type,
                    "registry_config": [{"Volttron Point Name": "W"}],
                    "interval": polling.INTERVAL_S,
                }
                for number, name in enumerate(names)
            }
        )
        platform.run(4 * polling.INTERVAL_S)
        offsets = polling.due_offsets(platform.driver.get_poll_schedule(True))
    assert len({round(offset, 3) for offset in offsets.values()}) == len(names)
    for name in names:
        assert platform.polls[name]
        for at in platform.polls[name]:
            # Half a second later it is half a second late.
            assert polling.late(at + 0.5, offsets[f"devices/{name}"]) == pytest.approx(0.5)


def test_one_percent_of_the_polled_devices_change_each_second() -> None:
    devices = site.fleet(polling.DEVICES)
    platform: Any = SimpleNamespace(devices=devices, web_port=1)
    order = polling.changes(platform, 2 * polling.INTERVAL_S)
    paths = [text.split()[1] for requests in order.requests for text in requests[:1]]
    assert len(set(paths)) == order.connections == polling.CHANGING
    assert order.connections / order.pause_s == polling.DEVICES / 100
    known = {each.href + documents.PLACES["DERStatus"] for each in devices}
    assert set(paths) <= known


def test_the_benchmark_writes_its_figures_and_says_how_many_goals_are_met(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = [Figure("a", 1.0, 1.0, "us", "ratio <= 4"), Figure("b", 9.0, 1.0, "us", "ratio <= 4")]
    groups: dict[str, Any] = {"one": lambda _: iter(figures), "other": lambda _: iter([])}
    monkeypatch.setattr(bench, "GROUPS", groups)
    monkeypatch.setenv("BENCH_JSON", str(tmp_path / "figures.json"))
    assert bench.main(["one"]) == 0
    said = capsys.readouterr()
    assert [line.split()[0] for line in said.out.splitlines()[1:3]] == ["a", "b"]
    assert said.out.splitlines()[-1].startswith("1 of 2 goals met")
    assert "measuring one" in said.err
    assert [each["name"] for each in json.loads((tmp_path / "figures.json").read_text())] == [
        "a",
        "b",
    ]


def test_a_group_that_fails_leaves_the_figures_that_were_measured(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def failing(_: object) -> Iterator[Figure]:
        yield Figure("b", 2.0, None, "s")
        raise RuntimeError("the platform has ended")

    groups: dict[str, Any] = {"one": lambda _: iter([Figure("a", 1.0, None, "s")]), "two": failing}
    target = tmp_path / "figures.json"
    monkeypatch.setattr(bench, "GROUPS", groups)
    monkeypatch.setenv("BENCH_JSON", str(target))
    with pytest.raises(RuntimeError, match="the platform has ended"):
        bench.main([])
    assert [each["name"] for each in json.loads(target.read_text())] == ["a", "b"]


def test_a_file_that_cannot_be_written_is_refused_before_anything_is_measured(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    measured: list[str] = []
    groups: dict[str, Any] = {"one": lambda _: iter(measured.append("one") or ())}
    monkeypatch.setattr(bench, "GROUPS", groups)
    monkeypatch.setenv("BENCH_JSON", str(tmp_path / "missing" / "figures.json"))
    assert bench.main([]) == 2
    assert "BENCH_JSON cannot be written" in capsys.readouterr().err
    assert measured == []


@pytest.mark.parametrize(
    ("arguments", "ours", "code"),
    [
        pytest.param([], 1.0, 0, id="all met"),
        pytest.param([], 9.0, 0, id="one is not, and nobody asked"),
        pytest.param(["--strict"], 1.0, 0, id="all met, strictly"),
        pytest.param(["--strict", "one"], 9.0, 1, id="one is not, strictly"),
    ],
)
def test_strictly_the_exit_code_says_whether_all_goals_are_met(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], ours: float, code: int
) -> None:
    figures = [
        Figure("a", 1.0, 1.0, "us"),
        Figure("b", ours, 1.0, "us", "ratio <= 4"),
        Figure("c", 1.0, 1.0, "us", "ratio <= 4"),
    ]
    groups: dict[str, Any] = {"one": lambda _: iter(figures)}
    monkeypatch.setattr(bench, "GROUPS", groups)
    assert bench.main(arguments) == code


def test_a_group_that_does_not_exist_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.main(["codecs"]) == 2
    assert "no group codecs" in capsys.readouterr().err
