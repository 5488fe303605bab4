"""``ieee2030-5 pki``: authorities and certificates for laboratories and tests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from ..pki import FOREVER, POLICIES, Authority, Issued, PkiError, load_authority, make_ca, save

_Command = Callable[..., Any]


@click.group()
def pki() -> None:
    """Makes certificates in the profile of IEEE 2030.5, for laboratories and tests.

    Each command writes NAME.crt (the certificate and the intermediate authorities above it) and
    NAME.key (the private key, readable for you alone).
    """


def _common(command: _Command) -> _Command:
    """The options that all commands have."""
    for option in (
        click.option(
            "--dir",
            "folder",
            type=click.Path(file_okay=False, path_type=Path),
            default=Path("pki"),
            show_default=True,
            help="Where the files are.",
        ),
        click.option("--force", is_flag=True, help="Replaces files that exist."),
        click.option(
            "--not-after",
            type=click.DateTime(["%Y-%m-%d"]),
            help="The last day; without it the certificate does not end, as the standard has it.",
        ),
    ):
        command = option(command)
    return command


def _leaf(command: _Command) -> _Command:
    """The options of certificates that are no authority's."""
    for option in (
        click.option(
            "--issuer", default="ca", show_default=True, help="Name of the issuing authority."
        ),
        click.option(
            "--policy",
            "policies",
            multiple=True,
            default=("generic", "test"),
            show_default=True,
            help=f"One of {', '.join(POLICIES)}, or an object identifier; repeatable.",
        ),
    ):
        command = option(command)
    return command


@pki.command("ca")
@click.argument("name", default="ca")
@click.option("--common-name", help="As it stands in the certificate; without it NAME.")
@click.option("--issuer", help="Name of the root; the new one is then an intermediate authority.")
@_common
def ca(
    name: str,
    common_name: str | None,
    issuer: str | None,
    folder: Path,
    force: bool,
    not_after: datetime | None,
) -> None:
    """Makes a certificate authority, NAME being "ca" unless given."""

    def make() -> Authority:
        title, end = common_name or f"{name} (test)", _end_of(not_after)
        if issuer is None:
            return make_ca(title, not_after=end)
        return load_authority(folder, issuer).issue_ca(title, not_after=end)

    _make(folder, name, force, make)


@pki.command("device")
@click.argument("name")
@click.option("--serial", help="Serial number of the device; without it NAME.")
@_leaf
@_common
def device(
    name: str,
    serial: str | None,
    issuer: str,
    policies: tuple[str, ...],
    folder: Path,
    force: bool,
    not_after: datetime | None,
) -> None:
    """Makes the certificate of a device and prints its identity."""
    _make(
        folder,
        name,
        force,
        lambda: load_authority(folder, issuer).issue_device(
            serial or name, policies=policies, not_after=_end_of(not_after)
        ),
    )


@pki.command("server")
@click.argument("name", default="server")
@click.option("--host", "hosts", multiple=True, help="DNS name or IP address; repeatable.")
@_leaf
@_common
def server(
    name: str,
    hosts: tuple[str, ...],
    issuer: str,
    policies: tuple[str, ...],
    folder: Path,
    force: bool,
    not_after: datetime | None,
) -> None:
    """Makes the certificate of a server, NAME being "server" unless given."""
    _make(
        folder,
        name,
        force,
        lambda: load_authority(folder, issuer).issue_server(
            hosts, serial=name, policies=policies, not_after=_end_of(not_after)
        ),
    )
    if not hosts:
        click.echo("Without --host generic clients, which compare a name, refuse it.", err=True)


def _make(folder: Path, name: str, force: bool, make: Callable[[], Authority | Issued]) -> None:
    """Makes one and writes its files; says where they are and whose they are."""
    try:
        made = make()
        path = save(folder, name, made, force=force)
    except PkiError as refusal:
        raise click.ClickException(str(refusal)) from None
    except OSError as problem:
        raise click.ClickException(f"{problem.filename}: {problem.strerror}") from None
    click.echo(f"certificate  {path}")
    click.echo(f"private key  {path.with_suffix('.key')}")
    if isinstance(made, Issued):
        click.echo(f"LFDI         {made.lfdi}")
        click.echo(f"SFDI         {made.sfdi}")


def _end_of(day: datetime | None) -> datetime:
    """The last second of a day (UTC); without a day the end of time."""
    if day is None:
        return FOREVER
    return day.replace(hour=23, minute=59, second=59, tzinfo=UTC)
