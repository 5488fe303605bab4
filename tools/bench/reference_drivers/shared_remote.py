"""All devices behind one remote: one call for the points of all that are polled together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from volttron.driver.base.config import RemoteConfig
from volttron.driver.base.interfaces import BaseInterface
from volttron.driver.interfaces.own_remote.own_remote import Interface as OwnRemote


class Interface(OwnRemote, BaseInterface):
    """Reads only. platform.driver takes a class that names BaseInterface itself."""

    @classmethod
    def unique_remote_id(cls, config_name: str, config: RemoteConfig) -> tuple[str]:
        return ("shared",)

    def get_multiple_points(
        self, topics: Iterable[str], **kwargs: object
    ) -> tuple[dict[str, Any], dict[str, str]]:
        points = self._ask("get_changes", None)["points"]
        return {
            topic: points[self.get_register_by_name(topic).sfdi][topic.rpartition("/")[2]]
            for topic in topics
        }, {}
