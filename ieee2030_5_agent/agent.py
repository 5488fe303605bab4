"""The VOLTTRON agent: configuration store, RPC, bus topics and life cycle around one Server.

Thin on purpose: what the protocol means is the Server's business, what a change means is the
Fleet's; here it is only connected to VOLTTRON.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

import gevent
from gevent.event import Event
from volttron.client.known_identities import PLATFORM_WEB
from volttron.client.logs import setup_logging
from volttron.client.messaging.health import STATUS_BAD, STATUS_GOOD
from volttron.client.vip.agent import RPC, Agent, Core
from volttron.utils import load_config
from volttron.utils.commands import vip_main

from .authorisation import Gate
from .bus import Bus
from .clock_watch import ClockWatch
from .connection import ConnectionWatch, end_predecessors
from .cursor_watch import CursorWatch
from .durability import HeldBack, Keeper
from .ending import end_when_told
from .fairness import let_others_go_on
from .function_sets.self_device import software_version
from .log_writer import LogWriter
from .model.changes import Changed
from .model.points import PointMap, PointMapError
from .notifier import Notifier
from .operations import Operations
from .platform_web import WebAnswer, serve
from .rpc import BadCall, guarded, quieten_refusals
from .server import Server, shipped_points
from .settings import Settings
from .tls_listener.keeper import ListenerKeeper
from .web_route import WebRoute

_log = logging.getLogger(__name__)
__version__ = software_version()

CONFIG = "config"
REGISTRY = "ieee2030_5.csv"
STORE = "store"

# The longest sleep of the timer: a clock that is set is noticed at the latest then.
MAX_SLEEP_S = 5.0
# The shortest, so that something which stays due cannot turn the timer into a busy loop.
MIN_SLEEP_S = 0.05
# The route waits for the first configuration; without a configuration store it comes anyway, and
# whoever asks hears what is missing.
FIRST_CONFIG_S = 10.0
AFTER_FAULT_S = 5.0


class IEEE2030_5Agent(Agent):
    """An IEEE 2030.5 server for devices, and their data and set points for other agents."""

    vip: Any  # VOLTTRON's subsystems and core carry no types of use
    core: Any

    def __init__(self, config_path: str | dict[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._server = Server(Settings.load({}), time.time, time.monotonic)
        self._problems: dict[str, str] = {}
        self._running = False
        # Whether the fleet is being filled for the first time, which is no news to anybody.
        self._filling = False
        self._connection = ConnectionWatch(self.core)
        self._configured = Event()
        self._time_wake = Event()
        self._bus = Bus(lambda: self.vip.pubsub)
        self._route = WebRoute(
            self.vip,
            self.core.identity,
            "web_request",
            report=lambda text: self._note("web", text),
            connected=lambda: self._connection.connected,
        )
        self._keeper = Keeper(self._server, lambda text: self._note(STORE, text), self._configure)
        self._held_back = HeldBack(self._server, self._keeper)
        self._listener = ListenerKeeper(
            self._held_back.handle,
            self._server.refusals,
            report=lambda text: self._note("listener", text),
        )
        self._notifier = Notifier(
            self._server,
            report=lambda text: self._note("subscriptions", text),
            settled=self._keeper.settled,
        )
        self._server.listen(self._on_change)
        self._cursor_watch = CursorWatch(self._server)
        gate = Gate(
            self.vip, self.core.identity, lambda: self._server.settings.allow_rpc_without_auth
        )
        for name, operation in Operations(self._server).all():
            self._export(name, operation, gate)
        self._export("acknowledge_store", self._keeper.acknowledge_store, gate)
        self._default_config = self._file_config(config_path)
        self.vip.config.set_default(CONFIG, self._default_config)
        every = ["NEW", "UPDATE", "DELETE"]
        self.vip.config.subscribe(self._on_config, actions=every, pattern=CONFIG)
        self.vip.config.subscribe(self._on_registry, actions=every, pattern=REGISTRY)

    def _export(self, name: str, operation: Callable[..., Any], gate: Gate) -> None:
        """Offers a call to other agents; its result waits until it is on disk."""
        held = self._held_back.operation(operation)
        self.vip.rpc.export(guarded(held, gate.pass_), name)

    # --- life cycle ----------------------------------------------------------------------------

    @Core.receiver("onstart")
    def _on_start(self, sender: object, **kwargs: object) -> None:
        """Runs at each connection to the platform, so also when the platform was restarted."""
        if self._running:
            _log.info("connected again")
            self._route.recheck()
            return
        self._running = True
        for loop in (
            self._keeper.keep,
            self._bus.keep,
            self._keep_time,
            self._keep_route,
            self._listener.keep,
            self._notifier.keep,
        ):
            self.core.spawn(self._for_ever, loop)

    @Core.receiver("onstop")
    def _on_stop(self, sender: object, **kwargs: object) -> None:
        self._route.unregister()
        self._listener.stop()
        self._keeper.close()
        _log.info("stopped")

    def _for_ever(self, loop: Callable[[], None]) -> None:
        """Runs a loop that never ends; a fault in it is logged and does not end the agent's day."""
        while True:
            try:
                loop()
            except Exception:  # noqa: BLE001 - the outermost edge
                _log.exception("%s failed, it goes on in %s s", loop.__qualname__, AFTER_FAULT_S)
            gevent.sleep(AFTER_FAULT_S)

    def _keep_route(self) -> None:
        """Offers the URIs once the devices are known, so that nobody is told to be unknown."""
        if not self._configured.wait(timeout=FIRST_CONFIG_S):
            _log.warning("no configuration after %s s", FIRST_CONFIG_S)
            self._keeper.no_configuration()
            self._route.want(self._server.root)
        self._route.keep()

    def _keep_time(self) -> None:
        """The one timer: applies what has become due, sleeps until the next is."""
        watch = ClockWatch()
        while True:
            step = watch.step()
            if step:
                _log.warning("the clock was set by %+.0f s", step)
                # VOLTTRON would send the next one when the clock shows the time planned before.
                if self.vip.heartbeat.enabled:
                    self.vip.heartbeat.restart()
            due = self._server.fleet.advance(time.time())
            while self._server.fleet.dispatch.telling.tell_some():
                let_others_go_on()
            pause = MAX_SLEEP_S if due is None else due - time.time()
            self._time_wake.wait(timeout=min(max(pause, MIN_SLEEP_S), MAX_SLEEP_S))
            self._time_wake.clear()

    def _on_change(self, change: Changed) -> None:
        """Every change of the fleet: told on the bus; it may also bring an earlier due time."""
        if self._filling:
            return
        self._bus.tell(change)
        if change.what == "control":
            self._time_wake.set()
        # Not of what devices send all day: a line costs more than the change (see platform_web);
        # and not of a schedule, of whose controls each is told.
        if change.what not in ("resource", "time", "mirror", "schedule"):
            _log.info("device %s: %s %s", change.sfdi, change.what, dict(change.detail))

    def _note(self, what: str, text: str | None) -> None:
        """Keeps the health status: BAD with all present problems, GOOD when there is none."""
        if self._problems.get(what) == text:
            return
        if text is None:
            del self._problems[what]
            _log.info("%s: in order again", what)
        else:
            self._problems[what] = text
            _log.warning("%s: %s", what, text)
        context = "; ".join(f"{key}: {problem}" for key, problem in self._problems.items())
        self.vip.health.set_status(STATUS_BAD if context else STATUS_GOOD, context or None)

    # --- configuration -------------------------------------------------------------------------

    def _file_config(self, config_path: str | dict[str, Any] | None) -> Any:
        """The content of the file that the agent was installed with, an empty one without.

        A file that cannot be read gives a text, which is refused like any configuration that is
        no object: the agent runs without devices and its health says why.
        """
        try:
            content = load_config(config_path)
        except (OSError, ValueError) as problem:
            _log.warning("configuration file %s: %s", config_path, problem)
            return str(problem)
        return content if isinstance(content, dict | list | str) else {}

    def _on_config(self, name: str, action: str, contents: Any) -> None:
        """A new configuration is put in force as a whole or refused as a whole.

        The first one says where the store is; it is put in force on what that holds.
        """
        try:
            settings = Settings.load(self._default_config if contents is None else contents)
        except ValueError as refusal:
            self._refuse(refusal)
            self._keeper.no_configuration()
            self._route.want(self._server.root)
        else:
            if self._keeper.is_open:
                try:
                    self._configure(settings)
                except ValueError as refusal:
                    self._refuse(refusal)
                    return
            self._keeper.choose(settings, settings.store.file())
            self._route.want(settings.root)
        self._configured.set()

    def _refuse(self, refusal: ValueError) -> None:
        self._note(CONFIG, f"refused, the former configuration stays in force: {refusal}")

    def _configure(self, settings: Settings) -> None:
        """Puts a configuration in force. Raises ValueError, then the former one stays."""
        former = self._server.settings
        # Not what was configured while the agent was away: then the store knows of others.
        self._filling = not self._keeper.is_open and not self._server.fleet.registry.listed
        try:
            self._server.configure(settings)
        finally:
            self._filling = False
        self._notifier.configure()
        if settings != former:  # the same one comes again with each new connection
            _log.info("configuration in force: %d devices", len(settings.devices))
            if settings.access == "open":
                _log.warning("access is open: who has no certificate sees and writes all")
            for warning in settings.warnings:
                _log.warning("%s: %s", CONFIG, warning)
        self._note(CONFIG, None)
        self._listener.want(settings.listener, settings.max_body_bytes)

    def _on_registry(self, name: str, action: str, contents: Any) -> None:
        """A registry of the operator's instead of the shipped one; devices keep their own."""
        try:
            points = shipped_points() if contents is None else PointMap.from_rows(contents)
        except PointMapError as refusal:
            self._note(REGISTRY, f"refused, the former registry stays in force: {refusal}")
            return
        self._server.fleet.set_default_points(points)
        _log.info(
            "%s in force: %d points", REGISTRY if contents else "shipped registry", len(points.rows)
        )
        self._note(REGISTRY, None)

    # --- RPC -----------------------------------------------------------------------------------

    @RPC.export
    def web_request(self, env: Any, data: Any) -> WebAnswer:
        """Called by platform.web for each HTTP request below the root."""
        caller = self.vip.rpc.context.vip_message.peer
        if caller != PLATFORM_WEB:
            raise BadCall(f"web_request is for {PLATFORM_WEB}, not for {caller}")
        proxy = self._server.settings.proxy
        return serve(self._held_back.handle, env, data, proxy.secret if proxy else None)

    @RPC.export
    @guarded
    def get_cursor(self, cursor: str | None = None, wait_s: float = 0) -> object:
        """The cursor of ``get_changes``; waits so many seconds for another one than ``cursor``."""
        return self._cursor_watch.wait(cursor, wait_s)

    @RPC.export
    @guarded
    def get_status(self) -> object:
        """Counters since start, and the problems that the health status names."""
        return {
            **self._server.status(),
            "version": __version__,
            "problems": dict(self._problems),
            "warnings": self._server.settings.warnings,
            "notifications": self._server.outbox.status(),
            "messages_dropped": self._bus.dropped,
            "connections": self._listener.connections,
            "store": self._keeper.status(),
        }


def run() -> None:
    """Runs the agent until it is told to end."""
    setup_logging()  # as vip_main would: it leaves alone what is there
    log = LogWriter(logging.getLogger())
    quieten_refusals()
    end_predecessors()
    end_when_told()  # devices get 404 instead of a hanging connection
    vip_main(IEEE2030_5Agent, version=__version__)
    log.leave()
