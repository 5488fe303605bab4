"""Pages of lists that were built a moment ago, for the next subscription that would read the same.

A client may have a thousand subscriptions to one list, and a page of a list costs ten milliseconds
to build and to write. A page is forgotten with the next change of its list, and after a second at
the latest: the counts in the links of its members change without being news.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from typing import Any
from xml.sax.saxutils import escape

from ..model.subscriptions import Subscription
from ..sep.codec import encode
from ..sep.editions import Edition
from .affected import ALL, EVERY, Key

# Each may be some hundred KB. Turns go round, so few are asked for at once.
MOST_PAGES = 16
_OPEN, _CLOSE = b"<subscriptionURI>", b"</subscriptionURI>"


@dataclass
class View:
    """A resource as the subscriber reads it now, up to a page of a list."""

    model: Any
    edition: Edition
    csip_aus: str | None
    # Whether there are members that the page does not show.
    cut: bool
    _forms: dict[tuple[int, str, int], tuple[bytes, bytes]] = field(default_factory=dict)

    @cached_property
    def digest(self) -> bytes:
        """Tells it from what is read otherwise."""
        content = encode(self.model, self.edition, self.csip_aus)
        return blake2b(content, digest_size=16).digest()

    def notification(self, told: Any, limit: int) -> bytes:
        """A Notification that carries this with so many members at most, written.

        All but its subscriptionURI is written once.
        """
        key = (limit, told.subscribedResource, told.createdDateTime)
        if key not in self._forms:
            written = encode(told, self.edition, self.csip_aus)
            before, opening, rest = written.rpartition(_OPEN)
            self._forms[key] = before + opening, rest[rest.index(_CLOSE) :]
        before, after = self._forms[key]
        return before + escape(told.subscriptionURI).encode() + after


# Whose subscription it is, whether that is known by a certificate, the edition that it speaks, and
# the URI of the list.
_Reader = tuple[str, bool, Edition | None, str]


class Pages:
    """The views of lists that were asked for last."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._second = 0
        self._views: OrderedDict[tuple[Key, _Reader], View] = OrderedDict()

    def find(self, subscription: Subscription, spoken: Edition | None) -> View | None:
        """What a subscriber reads, where that is known. ``spoken``: the owner's edition."""
        second = int(self._clock())
        if second != self._second:
            self._second = second
            self._views.clear()
        return self._views.get(_place(subscription, spoken))

    def keep(self, subscription: Subscription, spoken: Edition | None, view: View) -> None:
        """A view that was built since ``find``."""
        self._views[_place(subscription, spoken)] = view
        if len(self._views) > MOST_PAGES:
            self._views.popitem(last=False)

    def forget(self, key: Key) -> None:
        """A change has affected these resources."""
        if key == ALL:
            self._views.clear()
            return
        name, group = key
        for place in list(self._views):
            (known_name, known_group), _ = place
            if known_name == name and group in (EVERY, known_group):
                del self._views[place]


def _place(subscription: Subscription, spoken: Edition | None) -> tuple[Key, _Reader]:
    reader = (subscription.sfdi, subscription.anonymous, spoken, subscription.path)
    return (subscription.resource, subscription.group), reader
