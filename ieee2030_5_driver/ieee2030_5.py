"""The Interface that platform.driver loads for ``driver_type: ieee2030_5``.

Thin: it translates between the platform's topics and the agent's points. The values come from
``AgentClient``, shared by all devices of one agent.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any, cast
from weakref import WeakKeyDictionary

from volttron.driver.base.config import PointConfig, RemoteConfig
from volttron.driver.base.interfaces import BaseInterface, DriverInterfaceError

from . import poll_scheduler
from .agent_client import AgentClient
from .pushing import Pusher
from .registry import PointRow, Register, Row, check_registry, check_value
from .rpc import AgentRpc
from .settings import DeviceSettings, RemoteSettings, device_settings

_log = logging.getLogger(__name__)

# One client per agent identity, for as long as the platform driver lives.
_clients: WeakKeyDictionary[Any, dict[str, AgentClient]] = WeakKeyDictionary()
_pushers: WeakKeyDictionary[Any, dict[str, Pusher]] = WeakKeyDictionary()


def client_for(driver_agent: Any, identity: str) -> AgentClient:
    """The client that all devices of one agent share."""
    clients = _clients.setdefault(driver_agent.equipment_model.agent, {})
    if identity not in clients:
        clients[identity] = AgentClient(AgentRpc(driver_agent.vip, identity))
    return clients[identity]


def pusher_for(driver_agent: Any, identity: str) -> Pusher:
    """What publishes changes at once, for those devices of one agent that want it."""
    agent = driver_agent.equipment_model.agent
    pushers = _pushers.setdefault(agent, {})
    if identity not in pushers:
        pushers[identity] = Pusher(client_for(driver_agent, identity), agent.core.spawn)
    return pushers[identity]


class Interface(BaseInterface):
    """One IEEE 2030.5 device of the platform driver."""

    INTERFACE_CONFIG_CLASS = RemoteSettings
    REGISTER_CONFIG_CLASS = PointRow

    config: RemoteSettings

    def __init__(
        self, config: RemoteConfig, driver_agent: Any, *args: object, **kwargs: object
    ) -> None:
        super().__init__(config, driver_agent, *args, **kwargs)
        self.topic: str = driver_agent.unique_id[0]
        self._added = False
        self._rows: list[Row] = []
        # None: the configuration cannot be used.
        self._settings: DeviceSettings | None = None
        # Points whose metadata lacks the SunSpec name: platform.driver has just made it.
        self._unnamed: set[str] = set()
        # Why the device is not polled: logged when it changes, told to everybody who asks.
        self._complaint: str | None = None
        if config.heart_beat_point:
            _log.info("%s: heart_beat_point is ignored: IEEE 2030.5 has no heartbeat", self.topic)

    @property
    def alive(self) -> bool:
        """Whether the device is (or is just being) configured in the platform driver."""
        if not self._added:
            return True
        node = self.driver_agent.equipment_model.get_node(self.topic)
        return node is not None and node.is_device and node.remote is self.driver_agent

    # -- configuration --

    def prepare_registry_config(
        self,
        registry_config: Iterable[Mapping[Any, Any]],
        remote_config: RemoteConfig | None = None,
    ) -> list[Row]:
        """Takes a new or changed configuration before platform.driver acts on it.

        Never raises: platform.driver would not take a corrected configuration later, and would
        drop whatever else it was about to update. A bad update changes nothing. A new device
        with a bad configuration is there, but has no values and tells why.
        """
        is_update = self._added and self.alive
        # platform.driver may have kept the remote of a deleted device of the same name.
        self._added = is_update
        config = RemoteSettings(
            **((self.default_config or {}) | (remote_config or self.config).model_dump())
        )
        rows, problems = check_registry(registry_config)
        settings = self._checked(config, rows, problems)
        if is_update and problems and self._complaint is None:
            _log.warning(
                "%s: the update is refused, nothing was changed: %s",
                self.topic,
                "; ".join(problems),
            )
            return self._rows
        if problems:
            self._rows = rows  # the client has not taken them
        self._adopt(settings)
        self.config = self.driver_agent.config = config
        self._complain("; ".join(problems) or None)
        if is_update:
            # In an update of the driver's own configuration its schedulers are made next.
            poll_scheduler.take_charge(self.driver_agent.equipment_model.agent, ())
            # The device may be in another poll group when this update is through.
            self.driver_agent.core.spawn(self._use_our_scheduler)
        else:
            self.point_map.clear()
            poll_scheduler.forget(self.driver_agent)
        return rows

    def create_register(self, register_definition: PointConfig) -> Register:
        """The register of one registry row."""
        register = Register(cast(PointRow, register_definition))
        if register.sunspec is not None:
            self._unnamed.add(f"{self.topic}/{register.point_name}")
        return register

    def finalize_setup(self, initial_setup: bool = False) -> None:
        """The device is in the equipment tree and about to be scheduled."""
        self._added = True
        self._use_our_scheduler()

    def _use_our_scheduler(self) -> None:
        tree = self.driver_agent.equipment_model
        groups = {tree.get_group(topic) for topic in self.point_map if tree.get_node(topic)}
        poll_scheduler.take_charge(tree.agent, groups)

    def _checked(
        self, config: RemoteSettings, rows: list[Row], problems: list[str]
    ) -> DeviceSettings | None:
        """The settings if they can be used together with ``rows``; adds to ``problems``."""
        try:
            settings = device_settings(config.model_dump())
        except ValueError as error:
            problems.append(str(error))
            return None
        if problems:
            return None
        try:
            self._claim(settings, rows)
        except ValueError as error:
            problems.append(str(error))
        return settings

    def _claim(self, settings: DeviceSettings, rows: list[Row]) -> AgentClient:
        client = client_for(self.driver_agent, settings.agent_id)
        self._rows = client.devices.claim(settings.sfdi, self, rows, settings.rpc_timeout_s)
        if settings.push_changes:
            pusher_for(self.driver_agent, settings.agent_id).add(settings.sfdi, self)
        return client

    def _adopt(self, settings: DeviceSettings | None) -> None:
        old, self._settings = self._settings, settings
        if old is None:
            return
        moved = settings is None or (settings.agent_id, settings.sfdi) != (old.agent_id, old.sfdi)
        if moved:
            client_for(self.driver_agent, old.agent_id).devices.release(old.sfdi, self)
        if old.push_changes and (moved or settings is None or not settings.push_changes):
            pusher_for(self.driver_agent, old.agent_id).remove(old.sfdi, self)

    def _complain(self, complaint: str | None) -> None:
        if complaint and complaint != self._complaint:
            _log.warning("%s is not polled: %s", self.topic, complaint)
        self._complaint = complaint

    # -- values --

    def ready_to_poll(self) -> bool:
        """Asked by our poll scheduler: a device without fresh values is not polled at all.

        Its values would be missing anyway, and platform.driver would log a line per point and
        poll; a line per change of state has been logged here or by AgentClient.
        """
        try:
            self._read()
        except DriverInterfaceError:
            return False
        for topic in self._unnamed:
            self._name(topic)
        self._unnamed.clear()
        return True

    def _name(self, topic: str) -> None:
        """Adds to the metadata that platform.driver publishes: SunSpec name, type of a curve."""
        node = self.driver_agent.equipment_model.get_node(topic)
        register = self.point_map.get(topic)
        if node is not None and register is not None:
            node.meta_data = {**node.meta_data, **register.more_metadata}

    def get_point(self, topic: str, **kwargs: object) -> Any:
        """The point's value; None as long as the device never sent it."""
        register = self._register(topic)
        return self._value(topic, register, self._read())

    def get_multiple_points(
        self, topics: Iterable[str], **kwargs: object
    ) -> tuple[dict[str, Any], dict[str, str]]:
        """Values and errors by topic. A device whose values cannot be had has errors only."""
        topics = list(topics)
        try:
            values = self._read()
        except DriverInterfaceError as error:
            return {}, dict.fromkeys(topics, str(error))
        results: dict[str, Any] = {}
        errors: dict[str, str] = {}
        for topic in topics:
            try:
                results[topic] = self._value(topic, self._register(topic), values)
            except DriverInterfaceError as error:
                errors[topic] = str(error)
        if self._settings is not None and not self._settings.publish_null:
            results = self._without_null(results)
        return results, errors

    def _without_null(self, results: dict[str, Any]) -> dict[str, Any]:
        """Only the points that have a value; platform.driver forgets the values of the others,
        which it would publish again in its `all` messages."""
        for topic, value in results.items():
            node = self.driver_agent.equipment_model.get_node(topic)
            if value is None and node is not None and node.last_value is not None:
                node.last_value = None
        return {topic: value for topic, value in results.items() if value is not None}

    def publish_changes(self, values: Mapping[str, Any]) -> None:
        """Publishes points (by name) that have another value now, without waiting for a poll."""
        results = {}
        for name in values:
            topic = f"{self.topic}/{name}"
            if topic in self.point_map:
                results[topic] = self._value(topic, self._register(topic), values)
        if self._settings is not None and not self._settings.publish_null:
            results = self._without_null(results)
        self.driver_agent.publish_push(results)

    def set_point(self, topic: str, value: Any, **kwargs: object) -> Any:
        """Sets a writable point and returns the value that the agent really set."""
        register = self._register(topic)
        if register.read_only:
            raise DriverInterfaceError(f"{topic} is read only: its registry row is not Writable")
        try:
            value = check_value(value, register.value_type)
        except ValueError as error:
            raise ValueError(f"{topic}: {error}") from None
        client, device = self._device()
        return client.set_point(device.sfdi, register.point_name, value, *_limits(device))

    def revert_point(self, topic: str, **kwargs: object) -> None:
        """Sets the row's ``Default`` or, without one, ends what set_point started.

        A read-only point is always in its default state. platform.driver reverts a device by
        reverting each of its points, so this must not be an error.
        """
        register = self._register(topic)
        if register.read_only:
            return
        if register.revert_value is not None:
            self.set_point(topic, register.revert_value)
            return
        client, device = self._device()
        client.revert_point(device.sfdi, register.point_name, *_limits(device))

    def revert_all(self, **kwargs: object) -> None:
        """Reverts every writable point, whatever happens to the others."""
        problems = []
        for topic in list(self.point_map):
            try:
                self.revert_point(topic)
            except DriverInterfaceError as error:
                problems.append(f"{topic}: {error}")
        if problems:
            raise DriverInterfaceError("; ".join(problems))

    def _device(self) -> tuple[AgentClient, DeviceSettings]:
        """Where the values are; an error says why there are none."""
        if self._settings is None:
            raise DriverInterfaceError(f"{self.topic} is not polled: {self._complaint}")
        try:
            client = self._claim(self._settings, self._rows)
        except ValueError as error:  # until the other topic of the device is removed
            self._complain(str(error))
            raise DriverInterfaceError(f"{self.topic} is not polled: {error}") from None
        self._complain(None)
        return client, self._settings

    def _register(self, topic: str) -> Register:
        return cast(Register, self.get_register_by_name(topic))

    def _read(self) -> Mapping[str, Any]:
        client, device = self._device()
        return client.read(device.sfdi, *_limits(device))

    def _value(self, topic: str, register: Register, values: Mapping[str, Any]) -> Any:
        try:
            value = values[register.point_name]
        except KeyError:
            raise DriverInterfaceError(f"{topic}: the agent does not know this point yet") from None
        if register.learn_type(value):
            self.driver_agent.update_metadata(topic)
            self._name(topic)
        return value


def _limits(device: DeviceSettings) -> tuple[float, float]:
    return device.cache_expiry_s, device.rpc_timeout_s
