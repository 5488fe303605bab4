"""Pages of lists that were built a moment ago, for the next subscription that would read the same.

A client may have a thousand subscriptions to one list, or a thousand clients one each, and a page
of a list costs milliseconds to build and more to write. A page is forgotten with the next change of
its list, and after a second at the latest: the counts in the links of its members change without
being news. It is built for each client, who may see another, and written once for all that see the
same.
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

    def reads_like(self, other: View) -> bool:
        """Whether both are the same octets for their readers."""
        mine, others = ((one.edition, one.csip_aus, one.cut, one.model) for one in (self, other))
        return mine == others

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

    def keep(self, subscription: Subscription, spoken: Edition | None, view: View) -> View:
        """A view that was built since ``find``; returns the one of another reader if it is equal,
        which may have been written already."""
        place = _place(subscription, spoken)
        same = (known for (key, _), known in self._views.items() if key == place[0])
        view = next(filter(view.reads_like, same), view)
        self._views[place] = view
        if len(self._views) > MOST_PAGES:
            self._views.popitem(last=False)
        return view

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
