"""A store in memory that follows a server's fleet, and what must hold for it after every test."""

from __future__ import annotations

from typing import Any

from ieee2030_5_agent.model.end_device import EndDevice
from ieee2030_5_agent.model.fleet import Fleet
from ieee2030_5_agent.server import Server
from ieee2030_5_agent.store.journal import Batch, Journal, Row, everything
from ieee2030_5_agent.store.kinds import place_of
from ieee2030_5_agent.store.restoring import restore


class Rows:
    """What a store holds that writes each batch."""

    def __init__(self) -> None:
        self.rows: dict[Row, str] = {}

    def write(self, batch: Batch) -> None:
        for kind, prefix in batch.cleared:
            for row in [row for row in self.rows if row[0] == kind]:
                if row[1] == prefix or row[1].startswith(f"{prefix}/"):
                    del self.rows[row]
        for row in batch.removed:
            self.rows.pop(row, None)
        for kind, key, text in batch.put:
            self.rows[kind, key] = text


class Following(Rows):
    """Follows a server from now on."""

    def __init__(self, server: Server) -> None:
        super().__init__()
        self._server = server
        self._journal = Journal(server.fleet)
        self.rows = everything(server.fleet)

    def write_all(self) -> None:
        """Writes all that is noted."""
        while self._journal.backlog:
            self.write(self._journal.take(100))

    def restored(self, server: Server | None = None) -> Fleet:
        """A fleet that is made of what was written, for this server or another."""
        self.write_all()
        fleet = (server or self._server).new_fleet(self._server.settings)
        fleet.set_default_points(self._server.fleet.default_points)
        rows = sorted(self.rows.items(), key=lambda item: place_of(item[0][0]))
        problems = restore(fleet, ((*row, text) for row, text in rows))
        assert not problems, problems
        return fleet

    def check(self) -> None:
        """What was noted is all that changed, and what comes back is what was there."""
        for device in self._server.fleet.registry.listed:
            self._server.fleet.get_points(device.sfdi)  # those that count the time
        self.write_all()
        assert_equal(self.rows, everything(self._server.fleet))
        restored = self.restored()
        assert_equal(everything(restored), self.rows)
        for sfdi, points in _points(self._server.fleet).items():
            found = _points(restored)[sfdi]
            assert found == points, f"device {sfdi}: {_difference(found, points)}"


def assert_equal(found: dict[Row, str], expected: dict[Row, str]) -> None:
    """The same records with the same documents; what differs is shown, and nothing else."""
    missing = {row: expected[row] for row in expected.keys() - found.keys()}
    left = {row: found[row] for row in found.keys() - expected.keys()}
    other = {
        row: (found[row], expected[row])
        for row in expected.keys() & found.keys()
        if found[row] != expected[row]
    }
    differences = {"missing": missing, "left": left, "other": other}
    assert not any(differences.values()), differences


Dicts = tuple[dict[str, Any], ...]


def _difference(found: Dicts, expected: Dicts) -> list[Any]:
    return [
        {name: (a.get(name), b.get(name)) for name in {**a, **b} if a.get(name) != b.get(name)}
        for a, b in zip(found, expected, strict=True)
    ]


def _points(fleet: Fleet) -> dict[str, Any]:
    return {
        device.sfdi: (device.points, device.point_times, _readings(device))
        for device in fleet.registry.listed
    }


def _readings(device: EndDevice) -> dict[str, Any]:
    """What its points choose from."""
    return {
        f"{mirror.number}/{key}": reading.newest
        for mirror in device.mirrors
        for key, reading in mirror.meter_readings.items()
    }
