"""A client of the kill test: it asks the server, and writes down what became of its changes."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Mapping
from typing import Any

KEPT, REFUSED, UNKNOWN = "kept", "refused", "unknown"
# There is something, and only the server knows what.
ANY = "?"

# What is changed, and what it is then: None for what is not there any more.
Key = tuple[str, ...]
Facts = Mapping[Key, Any]


class Gone(Exception):
    """The server does not answer any more."""


class Asking:
    """One client and its ``deeds`` in order: ``(key, value, outcome, when it was known)``."""

    def __init__(self, port: int) -> None:
        self._http = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.deeds: list[tuple[Key, Any, str, float]] = []

    def send(
        self,
        facts: Facts,
        method: str,
        path: str,
        document: str = "",
        then: Callable[[str], Facts] = lambda href: {},
    ) -> str | None:
        """Sends a document; the Location (or the path) when it was taken.

        ``then``: more facts, which only the answer tells.
        """
        end = document.find(">")
        body = (
            f'{document[:end]} xmlns="urn:ieee:std:2030.5:ns"{document[end:]}' if document else ""
        )
        status, headers, text = self._ask(facts, method, path, body, "application/sep+xml")
        if status == 503:
            self.note(facts, REFUSED)
            return None
        assert status in (200, 201, 204), (method, path, status, text)
        href: str = headers.get("Location", path)
        self.note({**facts, **then(href)}, KEPT)
        return href

    def call(
        self,
        facts: Facts,
        name: str,
        arguments: Mapping[str, Any],
        then: Callable[[Any], Facts] = lambda result: {},
    ) -> Any:
        """Makes an RPC call; its result (True for none) when it was kept."""
        body = json.dumps(arguments)
        status, _, text = self._ask(facts, "POST", f"/rpc/{name}", body, "application/json")
        if status == 503:
            self.note(facts, REFUSED)
            return None
        assert status == 200, (name, status, text)
        result = json.loads(text)
        self.note({**facts, **then(result)}, KEPT)
        return True if result is None else result

    def note(self, facts: Facts, outcome: str) -> None:
        now = time.time()
        self.deeds += ((key, value, outcome, now) for key, value in facts.items())

    def _ask(
        self, facts: Facts, method: str, path: str, body: str, kind: str
    ) -> tuple[int, Any, str]:
        try:
            self._http.request(method, path, body.encode(), {"Content-Type": kind})
            response = self._http.getresponse()
            return response.status, response.headers, response.read().decode()
        except (OSError, http.client.HTTPException):
            self.note(facts, UNKNOWN)
            raise Gone from None
