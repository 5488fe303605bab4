"""``ieee2030-5 identity``: who the device is that a certificate belongs to."""

from __future__ import annotations

from pathlib import Path

import click

from ..pki import PkiError, read_certificate
from ..sep.identity import (
    IdentityError,
    complete_pin,
    format_sfdi,
    lfdi_of_certificate,
    parse_pin,
    sfdi_of_lfdi,
)

_FREE_PIN_DIGITS = 5


@click.command()
@click.argument("certificate", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--pin",
    metavar="DIGITS",
    help="Five digits get their check digit; of six the last is checked.",
)
def identity(certificate: Path, pin: str | None) -> None:
    """Prints LFDI and SFDI of a CERTIFICATE in PEM or DER, as the configuration wants them."""
    try:
        lfdi = lfdi_of_certificate(_der(certificate))
        lines = [f"LFDI  {lfdi}", f"SFDI  {format_sfdi(sfdi_of_lfdi(lfdi))}"]
        if pin is not None:
            lines.append(f"PIN   {_checked_pin(pin):06d}")
    except IdentityError as refusal:
        raise click.ClickException(str(refusal)) from None
    click.echo("\n".join(lines))


def _der(certificate: Path) -> bytes:
    try:
        return read_certificate(certificate.read_bytes())
    except PkiError as refusal:
        raise click.ClickException(f"{certificate}: {refusal}") from None
    except OSError as problem:
        raise click.ClickException(f"{certificate}: {problem.strerror}") from None


def _checked_pin(text: str) -> int:
    digits = text.replace("-", "").replace(" ", "")
    if len(digits) == _FREE_PIN_DIGITS:
        return complete_pin(digits)
    if len(digits) != _FREE_PIN_DIGITS + 1:
        raise IdentityError(f"PIN {text!r}: five digits, or six with the check digit, are expected")
    return parse_pin(digits)
