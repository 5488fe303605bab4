"""``ieee2030-5 identity``: who the device is that a certificate belongs to."""

from __future__ import annotations

from pathlib import Path

import click
from cryptography.hazmat.primitives.serialization import Encoding

from ..pki import PkiError, is_authority, read_any
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


def _der(path: Path) -> bytes:
    """The first certificate of a file; remarks on stderr what else it may have been meant to be."""
    try:
        first, *more = read_any(path.read_bytes())
        if more:
            click.echo(f"{path} has {1 + len(more)} certificates, this is the first", err=True)
        if is_authority(first):
            click.echo(f"{path} is the certificate of an authority, no device's", err=True)
    except PkiError as refusal:
        raise click.ClickException(f"{path}: {refusal}") from None
    except OSError as problem:
        raise click.ClickException(f"{path}: {problem.strerror}") from None
    return first.public_bytes(Encoding.DER)


def _checked_pin(text: str) -> int:
    digits = text.replace("-", "").replace(" ", "")
    if len(digits) == _FREE_PIN_DIGITS:
        return complete_pin(digits)
    if len(digits) != _FREE_PIN_DIGITS + 1:
        raise IdentityError(f"PIN {text!r}: five digits, or six with the check digit, are expected")
    return parse_pin(digits)
