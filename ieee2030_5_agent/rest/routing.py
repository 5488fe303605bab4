"""The URI table: which resource lives where, and which methods it takes.

Rows are data, kept beside each function set. From the one table come dispatch, 404, 405 with
``Allow``, HEAD, the hrefs of all links and the documentation's resource list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .errors import MethodNotAllowed, MovedPermanently, NotFound

if TYPE_CHECKING:
    from .call import Answer, Call

Handler = Callable[["Call"], "Answer"]

# SubscribableType: by which subscriptions, with or without a Condition, a resource can be followed.
NOT_SUBSCRIBABLE, SUBSCRIBABLE, CONDITIONALLY, BOTH_WAYS = range(4)

METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE")


@dataclass(frozen=True, slots=True)
class Route:
    """One resource: its name, URI template below the root, handlers, and bodies it takes.

    ``{name}`` in the template is a number. ``post_as_put`` marks a singleton that devices in the
    field also write by POST (a switch of the configuration). ``subscribable`` is the value of the
    attribute of that name: clients may be notified of changes. ``registers`` marks where clients
    that are not registered may write, as that is how they register.
    """

    name: str
    template: str
    GET: Handler | None = None
    PUT: Handler | None = None
    POST: Handler | None = None
    DELETE: Handler | None = None
    bodies: tuple[type, ...] = ()
    post_as_put: bool = False
    subscribable: int = NOT_SUBSCRIBABLE
    registers: bool = False

    @property
    def group(self) -> str | None:
        """The first number in the template: whose resource it is (``edev``, ``derp``, ``upt``)."""
        _, _, rest = self.template.partition("{")
        return rest.partition("}")[0] or None

    def handlers(self, post_as_put: bool) -> dict[str, Handler]:
        """The method table; HEAD follows from GET."""
        post = self.POST or (self.PUT if self.post_as_put and post_as_put else None)
        table = {"GET": self.GET, "HEAD": self.GET, "PUT": self.PUT, "POST": post}
        table["DELETE"] = self.DELETE
        return {method: handler for method, handler in table.items() if handler is not None}


@dataclass(slots=True)
class _Node:
    literals: dict[str, _Node] = field(default_factory=dict)
    number: tuple[str, _Node] | None = None
    route: Route | None = None


class Table:
    """All routes below one root."""

    def __init__(self, routes: Iterable[Route], root: str, post_as_put: bool = True) -> None:
        """Raises ValueError for two routes of the same name or template."""
        self.root = root
        self._tree = _Node()
        self._by_name: dict[str, Route] = {}
        self._handlers: dict[str, dict[str, Handler]] = {}
        for route in routes:
            if route.name in self._by_name:
                raise ValueError(f"two routes are named {route.name}")
            self._by_name[route.name] = route
            self._handlers[route.name] = route.handlers(post_as_put)
            self._insert(route)

    def __iter__(self) -> Iterator[Route]:
        return iter(self._by_name.values())

    def methods(self, name: str) -> tuple[str, ...]:
        """The methods that a resource takes, in the order of METHODS."""
        return tuple(method for method in METHODS if method in self._handlers[name])

    def __getitem__(self, name: str) -> Route:
        return self._by_name[name]

    def href(self, name: str, params: Mapping[str, int]) -> str:
        """The URI of a resource by its name and the numbers in its template."""
        return self.root + self._by_name[name].template.format_map(params)

    def match(self, method: str, path: str) -> tuple[Route, Handler, dict[str, int]]:
        """The route, handler and numbers of a request.

        Raises NotFound, MethodNotAllowed, or MovedPermanently for another spelling of a URI.
        """
        route, params = self._find(path)
        handler = self._handlers[route.name].get(method)
        if handler is None:
            raise MethodNotAllowed(method, self.methods(route.name))
        canonical = self.href(route.name, params)
        if path != canonical:
            raise MovedPermanently(canonical, method)
        return route, handler, params

    def _find(self, path: str) -> tuple[Route, dict[str, int]]:
        params: dict[str, int] = {}
        node = self._tree
        for segment in self._segments(path):
            child = node.literals.get(segment)
            if child is None and node.number and segment.isascii() and segment.isdigit():
                name, child = node.number
                # Longer numbers are no resource's, and int() of a huge text is slow.
                if len(segment) > 18:
                    break
                params[name] = int(segment)
            if child is None:
                break
            node = child
        else:
            if node.route is not None:
                return node.route, params
        raise NotFound(f"there is no resource at {path[:100]}")

    def _segments(self, path: str) -> list[str]:
        if not path.startswith(self.root):
            raise NotFound(f"there is no resource at {path[:100]}")
        below = path[len(self.root) :].removesuffix("/")
        if below and not below.startswith("/"):
            raise NotFound(f"there is no resource at {path[:100]}")
        return below.split("/")[1:]

    def _insert(self, route: Route) -> None:
        node = self._tree
        for segment in route.template.split("/")[1:]:
            if segment.startswith("{"):
                name = segment.strip("{}")
                if node.number is None:
                    node.number = (name, _Node())
                elif node.number[0] != name:
                    raise ValueError(f"{route.template}: this number is called {node.number[0]}")
                node = node.number[1]
            else:
                node = node.literals.setdefault(segment, _Node())
        if node.route is not None:
            raise ValueError(f"{route.name} and {node.route.name} share {route.template}")
        node.route = route
