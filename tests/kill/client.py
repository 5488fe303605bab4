"""One client of the kill test, with everything that it changes."""

from __future__ import annotations

import random
import time
import traceback
import uuid
from collections.abc import Callable
from threading import Barrier, BrokenBarrierError
from typing import Any

from ieee2030_5_agent.sep.identity import format_sfdi, sfdi_of_lfdi
from tests.kill.asking import ANY, Asking, Facts, Gone
from tests.protocol import documents

# One for each client, as a poll rate is the same for all.
POLLED = (
    *("DeviceCapability", "EndDeviceList", "DERList", "DERProgramList", "LogEventList"),
    *("MirrorUsagePointList", "SubscriptionList", "Time"),
)
# As many as a client has of what costs much to have many of.
FEW = 4
REQUESTS = 90


class Client(Asking):
    """One client: an operator and a device at once. Each ``do_`` is one deed."""

    def __init__(self, port: int, seed: str, number: int) -> None:
        super().__init__(port)
        self._chance = random.Random(f"{seed}/{number}")
        self._polled = POLLED[number]
        self._count = 0
        self._log: dict[str, str] = {}
        # By mRID of the mirror: its URI, the mRID of its meter reading, those of its sets.
        self._mirrors: dict[str, tuple[str, str, list[str]]] = {}
        self._controls: list[str] = []
        self._requests: list[str] = []
        self._programs: list[str] = []
        self._subscriptions: dict[str, str] = {}
        self._withdrawn: list[str] = []
        self._rivals = 0

    def run(self, begun: Barrier) -> list[Any]:
        deeds = [value for name, value in vars(Client).items() if name.startswith("do_")]
        try:
            self._lfdi, self._sfdi, self._edev = self._registered()
            self._silent = self._registered()[1]
            for deed in deeds:
                deed(self)
            begun.wait(timeout=60)
            while True:
                self._chance.choice(deeds)(self)
                self.do_status()  # so that a kill meets some that are still to be written
        except Gone:
            return self.deeds
        except BrokenBarrierError:
            raise
        except BaseException:
            traceback.print_exc()
            begun.abort()
            raise

    # --- devices and what they send ------------------------------------------------------------

    def _register(self) -> tuple[str, str, str] | None:
        """A new device: LFDI, SFDI, URI."""
        lfdi = (uuid.uuid4().hex + uuid.uuid4().hex)[:40].upper()
        sfdi = format_sfdi(sfdi_of_lfdi(lfdi))

        def numbered(summary: Any) -> Facts:
            number = int(_last(summary["href"]))
            return {("device", sfdi): number, ("counter", "device"): number + 1}

        done = self.call({("device", sfdi): ANY}, "register_device", {"lfdi": lfdi}, numbered)
        return None if done is None else (lfdi, sfdi, done["href"])

    def _registered(self) -> tuple[str, str, str]:
        while (made := self._register()) is None:
            pass
        return made

    def do_resource(self) -> None:
        number = self._next()
        document = documents.DER_CAPABILITY.replace(
            documents.watts("rtgMaxW", 1, 4), documents.watts("rtgMaxW", number)
        )
        facts = {("resource", self._sfdi, "DERCapability"): number}
        self.send(facts, "PUT", f"{self._edev}/der/1/dercap", document)

    def do_status(self) -> None:
        number, now = self._next(), time.time()
        document = documents.DER_STATUS.replace("<value>9300</value>", f"<value>{number}</value>")
        facts = {
            ("latest", self._sfdi, "DERStatus"): number,
            ("contact", self._sfdi): now,
            ("times", self._sfdi): [number, now],
        }
        self.send(facts, "PUT", f"{self._edev}/der/1/ders", document)

    def do_log_event(self) -> None:
        event = str(self._next())
        key = ("log_event", self._sfdi, event)
        document = documents.log_event(number=event)
        href = self.send(
            {key: ANY}, "POST", f"{self._edev}/lel", document, lambda href: {key: _last(href)}
        )
        if href:
            self._log[event] = href

    def do_forget_log_event(self) -> None:
        if len(self._log) > 1:
            event = self._chance.choice(list(self._log))
            self.send({("log_event", self._sfdi, event): None}, "DELETE", self._log.pop(event))

    def do_registry(self) -> None:
        # A device that sends nothing: the other one's points keep the times of the shipped ones.
        self._configure(self._silent)

    def do_forget_device(self) -> None:
        """What it was configured with is kept for when it comes back."""
        made = self._register()
        name = None if made is None else self._configure(made[1])
        if made is None or name is None:
            return
        sfdi = made[1]
        facts = {
            ("device", sfdi): None,
            ("registry", sfdi): None,
            ("kept_registry", sfdi): name,
        }
        self.call(facts, "remove_device", {"sfdi": sfdi})

    def _configure(self, sfdi: str) -> str | None:
        name = f"point_{self._next()}"
        row = {
            "Volttron Point Name": name,
            "Resource": "DERStatus",
            "Field": "readingTime",
            "Units": "",
            "Writable": "FALSE",
        }
        arguments = {"sfdi": sfdi, "point_map": [row]}
        done = self.call({("registry", sfdi): name}, "config_points", arguments)
        return None if done is None else name

    # --- readings ------------------------------------------------------------------------------

    def do_mirror(self) -> None:
        mrid, reading = _mrid(), _mrid()
        number = self._next()
        document = documents.mirror(mrid, documents.reading(reading, number), self._lfdi)
        facts = {
            ("mirror", mrid): "there",
            ("meter_reading", reading): "there",
            ("reading", reading): number,
        }
        href = self.send(facts, "POST", "/dcap/mup", document, _counted("mirror"))
        if href:
            self._mirrors[mrid] = (href, reading, [])

    def do_mirror_again(self) -> None:
        """As a whole, with another reading: it is kept before it is answered."""
        if self._mirrors:
            mrid = self._chance.choice(list(self._mirrors))
            reading, number = self._mirrors[mrid][1], self._next()
            document = documents.mirror(mrid, documents.reading(reading, number), self._lfdi)
            self.send({("reading", reading): number}, "POST", "/dcap/mup", document)

    def do_reading(self) -> None:
        if self._mirrors:
            href, reading, _ = self._mirror()
            number = self._next()
            value = f"<Reading><value>{number}</value></Reading>"
            document = documents.meter_reading(reading, value)
            self.send({("reading", reading): number}, "POST", href, document)

    def do_reading_set(self) -> None:
        if self._mirrors:
            href, reading, sets = self._mirror()
            mrid, start = _mrid(), 900 * self._next()
            content = documents.reading_set(mrid, start, documents.interval(start, start))
            document = documents.meter_reading(reading, content)
            sets.append(mrid)
            self.send({("reading_set", mrid): start}, "POST", href, document)

    def do_forget_mirror(self) -> None:
        if self._mirrors:
            mrid = self._chance.choice(list(self._mirrors))
            href, reading, sets = self._mirrors.pop(mrid)
            gone = [("mirror", mrid), ("meter_reading", reading), ("reading", reading)]
            gone += (("reading_set", each) for each in sets)
            self.send(dict.fromkeys(gone), "DELETE", href)

    def _mirror(self) -> tuple[str, str, list[str]]:
        return self._mirrors[self._chance.choice(list(self._mirrors))]

    # --- events and what devices answer --------------------------------------------------------

    def do_control(self) -> None:
        mrid = _mrid()
        start = int(time.time()) + 3600 * self._next()
        # The program of the device's own is the first of these assignments.
        facts = {("fsa", "default"): ANY}
        created = self._control(mrid, 5000, facts, device=self._sfdi, start=start)
        if created:
            self._controls.append(mrid)
            self._own_program = created[0]["href"].rsplit("/", 3)[1]

    def do_cancel(self) -> None:
        if len(self._controls) > 1:
            mrid = self._controls.pop(self._chance.randrange(len(self._controls)))
            self.call({("control", mrid): "cancelled"}, "cancel_control", {"mRID": mrid})

    def do_rivals(self) -> None:
        """Of two controls for a device the one of the lower primacy takes the other's mode."""
        if self._rivals == FEW or (made := self._register()) is None:
            return
        self._rivals += 1
        first, second = _mrid(), _mrid()
        for mrid, primacy, facts in (
            (first, 7, {}),
            (second, 3, {("standing", made[1], first): ["opModMaxLimW"]}),
        ):
            program = self._program(primacy, made[1])
            if program is None or not self._control(mrid, primacy, facts, program=program):
                return

    def do_response(self) -> None:
        if not self._controls:
            return
        mrid, code = self._chance.choice(self._controls), self._chance.choice([1, 4, 5])
        document = documents.response(mrid, code, endDeviceLFDI=self._lfdi)
        facts = {("response", mrid, self._sfdi, str(code)): "there"}
        self.send(facts, "POST", f"/dcap/rsps/{self._own_program}/rsp", document)

    def do_reservation(self) -> None:
        if len(self._requests) < REQUESTS:
            mrid, start = _mrid(), int(time.time()) + 3600
            facts = {("reservation", mrid): "there"}
            document = documents.reservation(mrid, start)
            href = self.send(facts, "POST", f"{self._edev}/frq", document, _counted("reservation"))
            if href:
                self._requests.append(mrid)

    def do_grant(self) -> None:
        if self._requests:
            mrid, number = self._requests[-1], self._next()
            arguments = {
                **{"sfdi": self._sfdi, "mRID": mrid, "start": int(time.time()) + 3600},
                **{"duration": 600, "energy_wh": number, "power_w": 500},
            }
            self.call({("grant", mrid): number}, "answer_flow_reservation", arguments)

    def _control(self, mrid: str, watts: int, facts: Facts | None = None, **where: Any) -> Any:
        arguments = {"mRID": mrid, "modes": {"opModMaxLimW": watts}, "duration": 86400, **where}
        return self.call({("control", mrid): "there", **(facts or {})}, "create_control", arguments)

    # --- programs ------------------------------------------------------------------------------

    def do_program(self) -> None:
        mrid = self._program(7, self._sfdi)
        if mrid is not None:
            self._programs.append(mrid)

    def do_default(self) -> None:
        if self._programs:
            number, mrid = self._next() % 10000, self._chance.choice(self._programs)
            default = {"DERControlBase": {"opModMaxLimW": number}}
            arguments = {"mRID": mrid, "default": default}
            self.call({("default", mrid): number}, "set_default_control", arguments)

    def do_curve(self) -> None:
        if self._programs:
            mrid = _mrid()
            curve = {
                **{"mRID": mrid, "curveType": 11, "CurveData": [{"xvalue": 1, "yvalue": 2}]},
                **{"xMultiplier": 0, "yMultiplier": 0, "yRefType": 3},
            }

            def numbered(created: Any) -> Facts:
                _, program, _, number = created["href"].rsplit("/", 3)
                return {("curve", mrid): number, ("counter", "program"): int(program) + 1}

            arguments = {"program": self._programs[0], "curve": curve}
            self.call({("curve", mrid): ANY}, "create_curve", arguments, numbered)

    def do_forget_program(self) -> None:
        if len(self._programs) > 1:  # the first one stays, with its curves
            mrid = self._programs.pop()
            self.call({("program", mrid): "closed"}, "remove_program", {"mRID": mrid})

    def _program(self, primacy: int, sfdi: str) -> str | None:
        mrid, fsa = _mrid(), f"{sfdi} {primacy} {self._next() % FEW}"
        arguments = {"mRID": mrid, "primacy": primacy, "devices": [sfdi], "fsa": fsa}
        facts = {("program", mrid): "there", ("fsa", fsa): ANY}
        done = self.call(facts, "create_program", arguments)
        return None if done is None else mrid

    # --- what is no device's -------------------------------------------------------------------

    def do_subscription(self) -> None:
        uri = f"http://127.0.0.1:9/{self._next()}"
        document = documents.subscription(f"{self._edev}/fsa", uri)
        facts = {("subscription", self._sfdi, uri): "there"}
        path = f"{self._edev}/sub"
        href = self.send(facts, "POST", path, document, _counted("subscription"))
        if href:
            self._subscriptions[uri] = href

    def do_forget_subscription(self) -> None:
        if self._subscriptions:
            uri, href = self._subscriptions.popitem()
            self.send({("subscription", self._sfdi, uri): None}, "DELETE", href)

    def do_access(self) -> None:
        lfdi = uuid.uuid4().hex.upper() + "0" * 8
        facts = {("access", lfdi): "withdrawn"}
        if self.call(facts, "set_access", {"lfdi": lfdi, "granted": False}):
            self._withdrawn.append(lfdi)

    def do_access_again(self) -> None:
        if self._withdrawn:
            lfdi = self._withdrawn.pop()
            self.call({("access", lfdi): None}, "set_access", {"lfdi": lfdi, "granted": True})

    def do_poll_rate(self) -> None:
        seconds = self._next()
        arguments = {"resource": self._polled, "seconds": seconds}
        self.call({("poll_rate", self._polled): seconds}, "set_poll_rate", arguments)

    def do_post_rate(self) -> None:
        seconds = self._next()
        arguments = {"seconds": seconds, "sfdi": self._sfdi}
        self.call({("post_rate", self._sfdi): seconds}, "set_post_rate", arguments)

    def _next(self) -> int:
        self._count += 1
        return self._count


def _mrid() -> str:
    return uuid.uuid4().hex.upper()


def _last(href: str) -> str:
    return href.rsplit("/", 1)[1]


def _counted(name: str) -> Callable[[str], Facts]:
    """The number at the end of a URI is never used again."""
    return lambda href: {("counter", name): int(_last(href)) + 1}
