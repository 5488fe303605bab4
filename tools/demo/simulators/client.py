"""A small IEEE 2030.5 client: it knows one URI, the rest it finds by following links."""

from __future__ import annotations

import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from urllib.parse import urljoin
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

MEDIA_TYPE = "application/sep+xml"
WHOLE_LIST = "?s=0&l=255"
TIMEOUT_S = 10.0


class Unanswered(Exception):
    """The server gave no answer, or not the one that was hoped for."""

    def __init__(self, text: str, status: int | None = None) -> None:
        super().__init__(text)
        self.status = status


class Client:
    """HTTP requests to one server, the paths relative to it."""

    def __init__(self, server: str, tls: ssl.SSLContext | None = None) -> None:
        self.server = server
        self._tls = tls

    def get(self, path: str) -> Element:
        """The root element of a resource."""
        body, _ = self._request("GET", path)
        try:
            return without_namespaces(ElementTree.fromstring(body))
        except ElementTree.ParseError as problem:
            raise Unanswered(f"GET {path}: no XML: {problem}") from None

    def put(self, path: str, body: str) -> None:
        """Writes a resource."""
        self._request("PUT", path, body)

    def post(self, path: str, body: str) -> str:
        """Adds to a resource; the path of what was made, or ``path`` if nothing was."""
        _, location = self._request("POST", path, body)
        return location or path

    def members(self, path: str, name: str) -> Iterator[Element]:
        """The members of a list resource."""
        yield from self.get(path + WHOLE_LIST).iterfind(name)

    def _request(self, method: str, path: str, body: str | None = None) -> tuple[bytes, str | None]:
        request = urllib.request.Request(
            urljoin(self.server, path),
            method=method,
            data=None if body is None else body.encode(),
            headers={"Accept": MEDIA_TYPE, "Content-Type": MEDIA_TYPE},
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S, context=self._tls) as answer:
                return answer.read(), answer.headers.get("Location")
        except urllib.error.HTTPError as refusal:
            text = refusal.read().decode(errors="replace").strip()
            raise Unanswered(
                f"{method} {path}: {refusal.code} {text[:300]}", refusal.code
            ) from None
        except OSError as problem:
            raise Unanswered(f"{method} {path}: {problem}") from None


def mutual_tls(certificate: str, authority: str) -> ssl.SSLContext:
    """What IEEE 2030.5 demands: TLS 1.2, the one mandatory suite, a certificate on both sides.

    ``certificate``: the files' path without .crt and .key.
    """
    context = ssl.create_default_context(cafile=authority)
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE-ECDSA-AES128-CCM8")
    context.load_cert_chain(f"{certificate}.crt", f"{certificate}.key")
    return context


def without_namespaces(root: Element) -> Element:
    """Forgets namespaces: they differ between the editions, the local names hardly do."""
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


def link(element: Element, name: str) -> str:
    """The path that a link of a resource leads to."""
    found = element.find(name)
    href = None if found is None else found.get("href")
    if not href:
        raise Unanswered(f"{element.tag} {element.get('href')} has no {name}")
    return href


def text(element: Element, path: str) -> str:
    """The text of an element below another one, "" where there is none."""
    return (element.findtext(path) or "").strip()


class ServerClock:
    """The server's time, which is the one that controls are meant in."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def set(self, current_time: int) -> None:
        """Compares with a Time resource that was just read."""
        self._ahead = current_time - time.time()

    def now(self) -> int:
        """Seconds since 1970, as the server counts."""
        return int(time.time() + self._ahead)
