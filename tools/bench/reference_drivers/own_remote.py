"""Each device a remote of its own: one ``get_points`` for each poll of each device."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import Field
from volttron.driver.base.config import PointConfig, RemoteConfig
from volttron.driver.base.interfaces import BaseInterface, BaseRegister

RPC_TIMEOUT_S = 5.0


class Point(PointConfig):
    """A registry row; ``sfdi`` is filled in from ``equipment_specific_fields``."""

    sfdi: str = Field(default="")


class Register(BaseRegister):
    def __init__(self, point: Point) -> None:
        super().__init__("byte", True, point.volttron_point_name, point.units, point.notes)
        self.python_type = float
        self.sfdi = point.sfdi


class Interface(BaseInterface):
    """Reads only."""

    INTERFACE_CONFIG_CLASS = RemoteConfig
    REGISTER_CONFIG_CLASS = Point
    default_config: dict[str, Any] = {}  # noqa: RUF012 - platform.driver wants it so

    def create_register(self, register_definition: Point) -> Register:
        return Register(register_definition)

    def get_multiple_points(
        self, topics: Iterable[str], **kwargs: object
    ) -> tuple[dict[str, Any], dict[str, str]]:
        topics = list(topics)
        sfdi = self.get_register_by_name(topics[0]).sfdi
        points = self._ask("get_points", sfdi)
        return {topic: points[topic.rpartition("/")[2]] for topic in topics}, {}

    def get_point(self, topic: str, **kwargs: object) -> Any:
        raise NotImplementedError

    def set_point(self, topic: str, value: Any, **kwargs: object) -> Any:
        raise NotImplementedError

    def revert_point(self, topic: str, **kwargs: object) -> None:
        raise NotImplementedError

    def revert_all(self, **kwargs: object) -> None:
        raise NotImplementedError

    def _ask(self, method: str, *arguments: object) -> Any:
        call = self.driver_agent.vip.rpc.call("ieee2030_5", method, *arguments)
        return call.get(timeout=RPC_TIMEOUT_S)
