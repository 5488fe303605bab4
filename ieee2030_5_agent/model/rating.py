"""How often clients are to come, through the one door: what operator and configuration rule.

Source: IEEE 2030.5-2018 pollRate, postRate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .changes import PointValue, Record
from .door import Door
from .end_device import EndDevice
from .mirroring import Mirroring
from .rates import Rates
from .registry import Registry

RATES: Record = ("rates",)


class Rating:
    """Changes to the rates, of one device or of all and all that come.

    ``set_post_rate``: gives a device its EndDevice.postRate, unless an operator ruled.
    """

    def __init__(
        self,
        door: Door,
        registry: Registry,
        mirroring: Mirroring,
        set_post_rate: Callable[[EndDevice, int], None],
    ) -> None:
        self.rates = Rates()
        self._door = door
        self._registry = registry
        self._mirroring = mirroring
        self._set_post_rate = set_post_rate

    def set_post(self, seconds: int, device: EndDevice | None = None) -> None:
        """The operator's postRate for a device and its mirrors, or for all and all that come."""
        if device is None:
            self._mirroring.post_rate_s = self.rates.post = seconds
        for each in list(self._registry.listed) if device is None else [device]:
            each.post_rate_ruled = False
            self._set_post_rate(each, seconds)
            each.post_rate_ruled = True
            self._mirroring.set_rate(each, seconds)
            self._door.keep(each.record)
        detail: dict[str, PointValue] = {"postRate": seconds}
        self._door.emit("post_rate", device, detail, records=[RATES])

    def set_poll(self, resource: str, seconds: int) -> None:
        """Changes the pollRate of a resource until a configuration with other rates."""
        self.rates.poll[resource] = seconds
        detail: dict[str, PointValue] = {"resource": resource, "pollRate": seconds}
        self._door.emit("poll_rate", None, detail, records=[RATES])

    def configure(self, poll: Mapping[str, int], post: int) -> None:
        """The rates of the configuration: where they are other ones than before, they hold also
        where an operator ruled."""
        if not self.rates.configure(poll, post):
            return
        self._mirroring.post_rate_s = post
        for device in self._registry.listed:
            device.post_rate_ruled = False
            self._mirroring.set_rate(device, post)
            self._door.keep(device.record)
        self._door.keep(RATES)

    def restore(self, rates: Rates) -> None:
        """The rates as the store has them."""
        self.rates = rates
        post = rates.configured_post if rates.post is None else rates.post
        if post is not None:
            self._mirroring.post_rate_s = post
