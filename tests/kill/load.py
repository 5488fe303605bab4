"""Eight clients that change something of every kind, and write down what became of it.

``python -m tests.kill.load PORT SEED``: each client works on devices and programs of its own until
the server is gone. Then one line of JSON: for each client its deeds in order, ``[key, value,
outcome]``. A key names what is changed; a value of None means that it is not there.
"""

from __future__ import annotations

import http.client
import json
import random
import sys
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ieee2030_5_agent.sep.identity import format_sfdi, sfdi_of_lfdi
from tests.protocol import documents

CLIENTS = 8
KEPT, REFUSED, UNKNOWN = "kept", "refused", "unknown"
Key = tuple[str | int, ...]


class Gone(Exception):
    """The server does not answer any more."""


class Client:
    """One client: an operator and a device at once."""

    def __init__(self, port: int, seed: str) -> None:
        self._port = port
        self._http = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._chance = random.Random(seed)
        self.deeds: list[tuple[Key, Any, str, float]] = []
        self._count = 0
        self._log: list[str] = []
        self._mirrors: dict[str, str] = {}
        self._controls: list[str] = []
        self._reservations: list[str] = []
        self._programs: list[str] = []
        self._rsps = ""

    def run(self) -> list[Any]:
        try:
            while not self._register():
                pass
            deeds = [
                value
                for name, value in vars(Client).items()
                if name.startswith("do_") and callable(value)
            ]
            while True:
                self._chance.choice(deeds)(self)
        except Gone:
            return self.deeds

    # --- deeds ---------------------------------------------------------------------------------

    def _register(self) -> bool:
        self._lfdi = (uuid.uuid4().hex + uuid.uuid4().hex)[:40].upper()
        self._sfdi = format_sfdi(sfdi_of_lfdi(self._lfdi))
        key = ("device", self._sfdi)
        done = self._rpc(
            key, lambda r: int(r["href"].rsplit("/", 1)[1]), "register_device", lfdi=self._lfdi
        )
        if done is not None:
            self._edev = done["href"]
        return done is not None

    def do_resource(self) -> None:
        number = self._next()
        key = ("resource", self._sfdi, "DERCapability")
        document = documents.DER_CAPABILITY.replace(
            documents.watts("rtgMaxW", 1, 4), documents.watts("rtgMaxW", number)
        )
        self._send(key, number, "PUT", f"{self._edev}/der/1/dercap", document)

    def do_status(self) -> None:
        number = self._next()
        key = ("latest", self._sfdi, "DERStatus")
        document = documents.DER_STATUS.replace("<value>9300</value>", f"<value>{number}</value>")
        self._send(key, number, "PUT", f"{self._edev}/der/1/ders", document)

    def do_log_event(self) -> None:
        number = self._next() % 65536
        document = documents.log_event(number=number)
        href = self._send(
            lambda href: ("log_event", self._sfdi, _last(href)),
            number,
            "POST",
            f"{self._edev}/lel",
            document,
            unknown=("log_event", self._sfdi, "?", number),
        )
        if href:
            self._log.append(href)

    def do_forget_log_event(self) -> None:
        if self._log:
            href = self._log.pop(self._chance.randrange(len(self._log)))
            self._send(("log_event", self._sfdi, _last(href)), None, "DELETE", href)

    def do_mirror(self) -> None:
        mrid = uuid.uuid4().hex.upper()
        reading = documents.reading(uuid.uuid4().hex, self._next())
        document = documents.mirror(mrid, reading, self._lfdi)
        href = self._send(("mirror", mrid), "there", "POST", "/dcap/mup", document)
        if href:
            self._mirrors[mrid] = href

    def do_forget_mirror(self) -> None:
        if self._mirrors:
            mrid = self._chance.choice(sorted(self._mirrors))
            self._send(("mirror", mrid), None, "DELETE", self._mirrors.pop(mrid))

    def do_control(self) -> None:
        mrid = uuid.uuid4().hex.upper()
        modes = {"opModMaxLimW": 5000}
        start = int(time.time()) + 3600 * self._next()
        done = self._rpc(
            ("control", mrid),
            "scheduled",
            "create_control",
            device=self._sfdi,
            mRID=mrid,
            modes=modes,
            start=start,
            duration=600,
        )
        if done is not None:
            self._controls.append(mrid)

    def do_cancel(self) -> None:
        if self._controls:
            mrid = self._controls.pop(self._chance.randrange(len(self._controls)))
            self._rpc(("control", mrid), "cancelled", "cancel_control", mRID=mrid)

    def do_response(self) -> None:
        if not self._controls:
            return
        mrid, code = self._chance.choice(self._controls), self._chance.choice([1, 4, 5])
        document = documents.response(mrid, code, endDeviceLFDI=self._lfdi)
        number = int(self._edev.rsplit("/", 1)[1])
        self._send(
            ("response", mrid, self._sfdi, code),
            "there",
            "POST",
            f"/dcap/rsps/{number}/rsp",
            document,
        )

    def do_reservation(self) -> None:
        mrid = uuid.uuid4().hex.upper()
        if len(self._reservations) < 90:
            document = documents.reservation(mrid, int(time.time()) + 3600)
            if self._send(("reservation", mrid), "there", "POST", f"{self._edev}/frq", document):
                self._reservations.append(mrid)

    def do_program(self) -> None:
        mrid = uuid.uuid4().hex.upper()
        done = self._rpc(
            ("program", mrid),
            "0",
            "create_program",
            mRID=mrid,
            primacy=7,
            description="0",
            devices=[self._sfdi],
        )
        if done is not None:
            self._programs.append(mrid)

    def do_default(self) -> None:
        if self._programs:
            number = self._next() % 10000
            mrid = self._chance.choice(self._programs)
            default = {"DERControlBase": {"opModMaxLimW": number}}
            self._rpc(("default", mrid), number, "set_default_control", mRID=mrid, default=default)

    def do_forget_program(self) -> None:
        if len(self._programs) > 3:
            mrid = self._programs.pop()
            if self._rpc(("program", mrid), "closed", "remove_program", mRID=mrid) is not None:
                self.deeds.append((("default", mrid), "any", KEPT, time.time()))

    def do_subscription(self) -> None:
        uri = f"http://127.0.0.1:9/{self._next()}"
        document = documents.subscription(f"{self._edev}/fsa", uri)
        self._send(
            ("subscription", self._sfdi, uri), "there", "POST", f"{self._edev}/sub", document
        )

    def do_access(self) -> None:
        lfdi = uuid.uuid4().hex + "0" * 8
        self._rpc(("access", lfdi.upper()), False, "set_access", lfdi=lfdi, granted=False)

    def do_registry(self) -> None:
        name = f"point_{self._next()}"
        row = {
            "Volttron Point Name": name,
            "Resource": "DERStatus",
            "Field": "readingTime",
            "Units": "",
            "Writable": "FALSE",
        }
        self._rpc(("registry", self._sfdi), name, "config_points", sfdi=self._sfdi, point_map=[row])

    # --- asking --------------------------------------------------------------------------------

    def _next(self) -> int:
        self._count += 1
        return self._count

    def _note(self, key: Key, value: Any, outcome: str) -> None:
        self.deeds.append((key, value, outcome, time.time()))

    def _send(
        self,
        key: Key | Callable[[str], Key],
        value: Any,
        method: str,
        path: str,
        document: str = "",
        unknown: Key | None = None,
    ) -> str | None:
        """Sends a document; the Location (or the path) when it was taken."""
        end = document.find(">")
        body = (
            f'{document[:end]} xmlns="urn:ieee:std:2030.5:ns"{document[end:]}' if document else ""
        )
        doubtful = unknown if callable(key) else key
        assert doubtful is not None
        status, headers, text = self._ask(
            method, path, body, "application/sep+xml", doubtful, value
        )
        if status == 503:
            self._note(doubtful, value, REFUSED)
            return None
        assert status in (200, 201, 204), (method, path, status, text)
        href = headers.get("Location", path)
        self._note(key(href) if callable(key) else key, value, KEPT)
        return href

    def _rpc(self, key: Key, value: Any, call: str, **arguments: Any) -> Any:
        """Makes a call; its result (or True) when it was kept."""
        shown = None if callable(value) else value
        status, _, text = self._ask(
            "POST", f"/rpc/{call}", json.dumps(arguments), "application/json", key, shown
        )
        if status == 503:
            self._note(key, shown, REFUSED)
            return None
        assert status == 200, (call, status, text)
        result = json.loads(text)
        self._note(key, value(result) if callable(value) else value, KEPT)
        return True if result is None else result

    def _ask(
        self, method: str, path: str, body: str, kind: str, key: Key, value: Any
    ) -> tuple[int, Any, str]:
        try:
            self._http.request(method, path, body.encode(), {"Content-Type": kind})
            response = self._http.getresponse()
            return response.status, response.headers, response.read().decode()
        except (OSError, http.client.HTTPException):
            self._note(key, value, UNKNOWN)
            raise Gone from None


def _last(href: str) -> str:
    return href.rsplit("/", 1)[1]


def main(port: str, seed: str) -> None:
    clients = [Client(int(port), f"{seed}/{number}") for number in range(CLIENTS)]
    with ThreadPoolExecutor(CLIENTS) as pool:
        done = [pool.submit(client.run) for client in clients]
    print(json.dumps([one.result() for one in done]))


if __name__ == "__main__":
    main(*sys.argv[1:])
