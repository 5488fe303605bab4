"""Starts a proxy with its configuration of config/tls, the placeholders filled in."""

from __future__ import annotations

import os
import re
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ieee2030_5_agent.settings.proxy import PLACEHOLDER
from tools.own_home import PROJECT
from tools.private_platform import PlatformProblem, processes, until

from .packages import UNPACKED, libraries, program

CONFIG = PROJECT / "config" / "tls"
START_S = 10.0

# What a user replaces in each file, exactly so.
TLS_FOLDER = "/etc/ieee2030-5"
PORT = "8443"
PLATFORM_WEB = "127.0.0.1:8080"
ROOT = "/dcap"

# The files of Debian's packages around ours: what the distribution's own configuration does,
# with everything that is written below one folder.
HAPROXY = """\
global
    log stderr format raw local0
"""
NGINX = """\
daemon off;
pid {folder}/nginx.pid;
error_log stderr info;
events {{}}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {ours};
}}
"""
APACHE_MODULES = (
    "mpm_event", "authz_core", "ssl", "socache_shmcb", "headers", "proxy", "proxy_http",
    "reqtimeout", "alias",
)  # fmt: skip
APACHE = """\
ServerRoot {folder}
ServerName localhost
PidFile {folder}/apache.pid
DefaultRuntimeDir {folder}
Mutex file:{folder} default
ErrorLog /dev/stderr
LogFormat "%h %l %u %t \\"%r\\" %>s %O \\"%{{Referer}}i\\" \\"%{{User-Agent}}i\\"" combined
CustomLog {folder}/access.log combined
{modules}
SSLSessionCache shmcb:{folder}/ssl_scache(512000)
Include {ours}
"""


@dataclass(frozen=True)
class Kind:
    """One proxy: its program, package and file, and how it is called with the filled-in file."""

    name: str
    program: str
    package: str
    file: str
    command: Callable[[Path, Path, Path], list[str]]


def _haproxy(program: Path, folder: Path, ours: Path) -> list[str]:
    main = folder / "haproxy.main.cfg"
    main.write_text(HAPROXY)
    return [str(program), "-db", "-f", str(main), "-f", str(ours)]


def _nginx(program: Path, folder: Path, ours: Path) -> list[str]:
    main = folder / "nginx.main.conf"
    main.write_text(NGINX.format(folder=folder, ours=ours))
    return [str(program), "-p", str(folder), "-e", "stderr", "-c", str(main)]


def _apache(program: Path, folder: Path, ours: Path) -> list[str]:
    modules = Path("/usr/lib/apache2/modules")
    if program.is_relative_to(UNPACKED):
        modules = UNPACKED / modules.relative_to("/")
    main = folder / "apache.main.conf"
    main.write_text(
        APACHE.format(
            folder=folder,
            ours=ours,
            modules="\n".join(
                f"LoadModule {name}_module {modules}/mod_{name}.so" for name in APACHE_MODULES
            ),
        )
    )
    return [str(program), "-f", str(main), "-DFOREGROUND"]


PROXIES = {
    kind.name: kind
    for kind in (
        Kind("haproxy", "haproxy", "haproxy", "haproxy.cfg", _haproxy),
        Kind("nginx", "nginx", "nginx", "nginx.conf", _nginx),
        Kind("apache", "apache2", "apache2-bin", "apache.conf", _apache),
    )
}


@dataclass(frozen=True)
class RunningProxy:
    """A proxy that serves: its port on the loopback interface, and what it has printed."""

    name: str
    port: int
    log: Path


@contextmanager
def start(
    name: str, folder: Path, *, tls: Path, secret: str, platform_web: str, root: str = ROOT
) -> Iterator[RunningProxy]:
    """A proxy for the block. ``tls``: the folder of server.crt, server.key and ca.crt;
    ``platform_web``: host and port of what it stands in front of; ``root``: the agent's;
    ``folder``: for its own files.

    Raises ProxyUnavailable when there is no such program, PlatformProblem when it does not start.
    """
    kind = PROXIES[name]
    path = program(kind.program, kind.package)
    folder.mkdir(parents=True, exist_ok=True)
    (port,) = processes.free_ports(1)
    ours = folder / kind.file
    ours.write_text(
        fill(
            (CONFIG / kind.file).read_text(encoding="utf-8"),
            {
                TLS_FOLDER: str(tls),
                PLACEHOLDER: secret,
                PORT: str(port),
                PLATFORM_WEB: platform_web,
                ROOT: root,
            },
        )
    )
    log = folder / f"{name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            kind.command(path, folder, ours),
            env={**os.environ, "LD_LIBRARY_PATH": libraries(), "APACHE_LOG_DIR": str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        until(lambda: _serves(process, port, log), f"{name} to listen", START_S)
        yield RunningProxy(name, port, log)
    finally:
        processes.end([process])


def fill(text: str, values: Mapping[str, str]) -> str:
    """A configuration with its placeholders replaced, the comments left as they are."""
    lines = [
        line if line.lstrip().startswith("#") else _filled(line, values)
        for line in text.splitlines()
    ]
    missing = [value for value in values.values() if value not in "\n".join(lines)]
    if missing:
        raise PlatformProblem(f"the configuration has no place for {missing}")
    return "\n".join(lines) + "\n"


def _filled(line: str, values: Mapping[str, str]) -> str:
    places = "|".join(map(re.escape, values))
    return re.sub(places, lambda found: values[found[0]], line)


def _serves(process: subprocess.Popen[bytes], port: int, log: Path) -> bool:
    if process.poll() is not None:
        raise PlatformProblem(f"ended with {process.returncode}: {log.read_text(errors='replace')}")
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
