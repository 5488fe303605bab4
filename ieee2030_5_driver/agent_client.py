"""The driver's only way to the agent: one shared cache of point values per agent identity.

All devices of an agent are refreshed by one ``get_changes`` call, however many are polled at the
same moment, and only what changed since the last call is transferred. A device's registry is
sent (``config_points``) before its first value is served, and again after the agent restarted.
"""

from __future__ import annotations

import contextlib
import logging
import math
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import gevent

from .changes import Changes, get_changes
from .device_cache import DeviceCache
from .device_table import DeviceTable
from .rpc import AgentError, AgentRefused, AgentRpc, AgentUnavailable
from .shared_refresh import SharedRefresh

_log = logging.getLogger(__name__)

# An absent agent is asked again after this; until then every read fails at once.
FAILURE_MEMORY_S = 1.0
# A device whose registry was refused is tried again after this, when it is polled.
REFUSAL_MEMORY_S = 10.0
# An agent that was asked to wait for a change should have answered so long after that time.
ANSWER_S = 1.0
# Registries sent at the same time when many devices start together.
CONCURRENT_REGISTRIES = 8
# An agent that restarts during a refresh is asked again, but not forever.
ROUNDS = 3


class AgentClient:
    """Values of all devices that one agent serves to this platform.driver."""

    def __init__(self, rpc: AgentRpc, clock: Callable[[], float] = time.monotonic) -> None:
        self.identity = rpc.identity
        self._rpc = rpc
        self._clock = clock
        self.devices = DeviceTable(rpc.identity)
        self._reached = False
        self._failure: str | None = None
        self._failed_at = float("-inf")
        self._epoch: str | None = None
        self._cursor: str | None = None
        self._fetched_at = float("-inf")
        self._shared_refresh = SharedRefresh(self._fetch_or_lose, rpc.identity, clock)
        # Devices that somebody waits for, and that are not ready.
        self._wanted: set[str] = set()
        # Devices that were written since the last refresh began, and what was set: its answer may
        # be older than that.
        self._written: dict[str, dict[str, Any]] = {}
        # Devices of which a value may be another one than the agent's, which tells no change of it.
        self._doubtful: set[str] = set()
        self._listeners: list[Callable[[str, Mapping[str, Any]], None]] = []

    def listen(self, listener: Callable[[str, Mapping[str, Any]], None]) -> None:
        """Calls ``listener(sfdi, {point: value})`` for points that have another value now."""
        self._listeners.append(listener)

    # -- values --

    def read(self, sfdi: str, max_age: float, timeout: float) -> Mapping[str, Any]:
        """All points of the device, not older than ``max_age`` seconds; 0 asks the agent.

        They are of a refresh that began after the last write that was through when this was called.
        Values that were set during that refresh are in place of what it brought.
        """
        device = self.devices.device(sfdi)
        if device.ready and self._clock() - self._fetched_at < max_age:
            return device.values
        asked_at = time.monotonic()
        if sfdi in self._written:
            max_age = 0  # what is under way may be older than the write
        for _ in range(ROUNDS):
            self._raise_refusal(device)
            if not device.ready:
                self._wanted.add(sfdi)
            self._refresh(max_age, timeout, asked_at)
            device = self.devices.device(sfdi)  # another owner may have taken it meanwhile
            if device.ready:
                return device.values
        self._raise_refusal(device)
        raise AgentUnavailable(
            f"device {sfdi} was configured again and again while its points were fetched"
        )

    def set_point(self, sfdi: str, point: str, value: Any, max_age: float, timeout: float) -> Any:
        """Sets the point and returns the value as the agent set it.

        That value is what a read shows from now on, until a refresh that began later: a value
        that is not in force yet is not what the agent's point reads.
        """
        result = self._write(sfdi, "set_point", (point, value), max_age, timeout)
        self._update(self.devices.device(sfdi), {point: result})
        self._note_write(sfdi)[point] = result
        return result

    def revert_point(self, sfdi: str, point: str, max_age: float, timeout: float) -> None:
        """Ends what ``set_point`` started; which value holds then is for the agent to say."""
        self._write(sfdi, "revert_point", (point,), max_age, timeout)
        self._note_write(sfdi).pop(point, None)

    def _write(
        self, sfdi: str, method: str, arguments: tuple[Any, ...], max_age: float, timeout: float
    ) -> Any:
        self.read(sfdi, max_age, timeout)  # the agent must know the registry
        epoch = self._epoch
        try:
            return self._command(method, sfdi, arguments, timeout)
        except AgentRefused:
            # A restarted agent refuses the points of a registry that it no longer has.
            self.read(sfdi, 0, timeout)
            if self._epoch == epoch:
                raise
        return self._command(method, sfdi, arguments, timeout)

    def _command(self, method: str, sfdi: str, arguments: tuple[Any, ...], timeout: float) -> Any:
        try:
            return self._rpc.call(method, sfdi, *arguments, timeout=timeout)
        except AgentError:
            if self.devices.get(sfdi):
                self._note_write(sfdi)  # it may have been carried out all the same
            raise

    def _note_write(self, sfdi: str) -> dict[str, Any]:
        """Returns what was set since the last refresh began.

        The next refresh asks for all points of the device: of those that have the value again
        that they had before the write, the agent tells no change.
        """
        self._doubtful.add(sfdi)
        self._fetched_at = float("-inf")
        return self._written.setdefault(sfdi, {})

    # -- refreshing --

    def refresh(self) -> None:
        """Brings all devices up to date."""
        self._refresh(math.inf, self.devices.longest_timeout, time.monotonic())

    def keep_ready(self, sfdi: str, keep: bool) -> None:
        """Whether refreshes give the agent the device's registry also if nobody reads the device.

        After a refusal they do so only when it is read again.
        """
        device = self.devices.get(sfdi)
        if device is not None:
            device.kept_ready = keep
            self._want_kept(device)

    def _want_kept(self, device: DeviceCache) -> None:
        if device.kept_ready and not device.ready and not self._is_refused(device):
            self._wanted.add(device.sfdi)

    def wait_for_change(self, seconds: float) -> None:
        """Returns when the agent knows more than the last refresh brought, or after a while.

        Without an answer too: whether the agent is there is for the next refresh to say.
        """
        timeout = seconds + ANSWER_S
        with contextlib.suppress(AgentUnavailable):
            self._rpc.call("get_cursor", self._cursor, seconds, timeout=timeout)

    def _refresh(self, max_age: float, timeout: float, asked_at: float) -> None:
        """Asks the agent what changed, together with all who ask meanwhile."""
        if self._failure and self._clock() - self._failed_at < FAILURE_MEMORY_S:
            raise AgentUnavailable(self._failure)
        self._shared_refresh.ask(max_age, timeout, asked_at)

    def _fetch_or_lose(self) -> None:
        try:
            self._fetch(self.devices.longest_timeout)
        except AgentError as error:
            self._lost(str(error))
            raise

    def _fetch(self, timeout: float) -> None:
        started = self._clock()
        if not self._reached:
            self._rpc.check_connected(timeout)
        self._written.clear()
        wanted: set[str] = set()
        for _ in range(ROUNDS):
            wanted |= self._wanted
            self._wanted.clear()
            devices = self._to_be_fetched(wanted)
            self._send_registries(devices, timeout)
            if self._fetch_changes(devices, timeout):
                if not self._written:
                    self._fetched_at = started
                return
        raise AgentUnavailable(f"agent {self.identity!r} restarted again and again meanwhile")

    def _to_be_fetched(self, wanted: set[str]) -> list[DeviceCache]:
        """The devices of which all points are needed, not only those that changed."""
        self._doubtful = {
            sfdi
            for sfdi in self._doubtful
            if (device := self.devices.get(sfdi)) and device.configured  # else it has no values
        }
        return [
            device
            for sfdi in wanted | self._doubtful
            if (device := self.devices.get(sfdi)) and (sfdi in self._doubtful or not device.ready)
        ]

    def _fetch_changes(self, devices: Iterable[DeviceCache], timeout: float) -> bool:
        """False when the agent turned out to be a new one, which knows no registry yet."""
        if self._cursor is not None:
            changes = get_changes(self._rpc, self._cursor, None, timeout)
            if self._restarted(changes.epoch):
                return False
            self._apply(changes)
            self._cursor = changes.cursor
        incomplete = [device.sfdi for device in devices if device.configured]
        if incomplete or self._cursor is None:
            everything = get_changes(self._rpc, None, incomplete, timeout)
            if self._restarted(everything.epoch):
                return False
            self._apply(everything)
            if self._cursor is None:
                self._cursor = everything.cursor
            self._check_complete(incomplete)
        self._arrived()
        return True

    def _forget_strangers(self, changes: Changes) -> None:
        """Somebody else gave the agent another registry for a device: what it says of it now is
        not what our rows mean, so it gets ours again."""
        for sfdi, registry in changes.registries.items():
            device = self.devices.get(sfdi)
            if device and device.configured and device.registry != registry:
                _log.info("%s: its registry was changed at the agent", self.devices.topic(sfdi))
                device.forget()
                self._wanted.add(sfdi)

    def _apply(self, changes: Changes) -> None:
        self._forget_strangers(changes)
        for sfdi, values in changes.points.items():
            device = self.devices.get(sfdi)
            if device is None or not device.configured:
                continue
            if values is None:
                device.forget()  # removed from the agent, and with it the registry
                continue
            # Written after we asked: the written value is newer.
            self._update(device, {**values, **self._written.get(sfdi, {})})

    def _update(self, device: DeviceCache, values: Mapping[str, Any]) -> None:
        changed = device.update(values)
        if changed and device.complete:  # the first values of all points are no news
            for listener in self._listeners:
                listener(device.sfdi, changed)

    def _check_complete(self, sfdis: Iterable[str]) -> None:
        for sfdi in sfdis:
            device = self.devices.get(sfdi)
            if device is None or not device.configured:
                continue
            missing = device.missing_points()
            if missing:
                self._refuse(
                    device, f"agent {self.identity!r} does not deliver {', '.join(missing)}"
                )
                continue
            device.complete = True
            if sfdi not in self._written:
                self._doubtful.discard(sfdi)

    # -- registries --

    def _send_registries(self, devices: Iterable[DeviceCache], timeout: float) -> None:
        unknown = [device for device in devices if not device.configured]
        remaining = iter(unknown)

        def send_in_turn() -> AgentUnavailable | None:
            for device in remaining:  # one iterator: each takes the next one that nobody has taken
                if lost := self._send(device, timeout):
                    return lost
            return None

        senders = [gevent.spawn(send_in_turn) for _ in unknown[:CONCURRENT_REGISTRIES]]
        try:
            for sender in gevent.iwait(senders):
                if lost := sender.get():
                    raise lost
        finally:
            gevent.killall(senders)

    def _send(self, device: DeviceCache, timeout: float) -> AgentUnavailable | None:
        rows = device.rows
        try:
            registry = self._rpc.call("config_points", device.sfdi, rows, timeout=timeout)
        except AgentRefused as error:
            self._refuse(device, str(error))
        except AgentUnavailable as error:
            return error  # raised here it would be the error of a greenlet that nobody catches
        else:
            if device.accepted(rows, registry):
                _log.info("%s: its registry is now accepted", self.devices.topic(device.sfdi))
        self._shared_refresh.note_progress()
        return None

    def _refuse(self, device: DeviceCache, reason: str) -> None:
        if device.refused(reason, self._clock() + REFUSAL_MEMORY_S):
            _log.warning("%s is not published: %s", self.devices.topic(device.sfdi), reason)

    def _is_refused(self, device: DeviceCache) -> bool:
        return device.refusal is not None and self._clock() < device.retry_at

    def _raise_refusal(self, device: DeviceCache) -> None:
        if self._is_refused(device):
            raise AgentRefused(device.refusal)

    # -- the state of the agent --

    def _arrived(self) -> None:
        if not self._reached:
            _log.info("agent %r reached", self.identity)
        self._reached, self._failure = True, None

    def _lost(self, failure: str) -> None:
        if self._reached or self._failure is None:
            _log.info(
                "agent %r lost: its devices are not published until it answers (%s)",
                self.identity,
                failure,
            )
        self._reached, self._failure, self._failed_at = False, failure, self._clock()
        for device in self.devices:
            self._want_kept(device)

    def _restarted(self, epoch: str) -> bool:
        """Whether this is another run of the agent than the one that has our registries."""
        if self._epoch in (None, epoch):
            self._epoch = epoch
            return False
        _log.info("agent %r was restarted: its devices are configured again", self.identity)
        self._epoch, self._cursor = epoch, None
        for device in self.devices:
            device.forget()
            self._want_kept(device)
        return True
