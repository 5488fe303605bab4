"""The section ``listener``: HTTPS by the agent itself, with client certificates and limits."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator, Field

from .base import Strict
from .fields import no_bool

# A host name or an IPv4 address, or an IPv6 address in brackets; then the port.
_ADDRESS = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\s:\[\]]+)):([0-9]{1,5})", re.ASCII)
_MAX_PORT = 65535

_DAY_S = 86400
_Time = Annotated[float, Field(gt=0, le=_DAY_S), BeforeValidator(no_bool)]
_Count = Annotated[int, Field(ge=1, le=1_000_000), BeforeValidator(no_bool)]


def _address(value: object) -> tuple[str, int]:
    found = _ADDRESS.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None or int(found[3]) > _MAX_PORT:
        raise ValueError(
            f"{value!r} is no address, expected is host:port, such as 0.0.0.0:8443 or [::]:8443"
        )
    return found[1] or found[2], int(found[3])


_Path = Annotated[str, Field(min_length=1)]


class Listener(Strict):
    """The agent's own HTTPS listener. Times in seconds; the files are PEM."""

    address: Annotated[tuple[str, int], BeforeValidator(_address)]
    # The server's own certificate, then the CAs between it and the root, as far as clients need
    # them; and its private key, not encrypted.
    certificate: _Path
    key: _Path
    # The CAs whose devices may speak to the server; roots or those that issue to devices.
    ca: _Path
    tls13: bool = False
    # From the connection to the end of the TLS handshake.
    handshake_s: _Time = 10
    # From a request's first byte to the end of its header; from there to the end of its body.
    header_s: _Time = 10
    body_s: _Time = 30
    # How long a client may take to receive an answer.
    answer_s: _Time = 30
    # From an answer to the next request. Longer than devices poll: a handshake costs ten requests.
    idle_s: _Time = 960
    max_header_bytes: Annotated[int, Field(ge=512, le=2**20), BeforeValidator(no_bool)] = 16384
    max_connections: _Count = 2000
    # Of one certificate; and of one address before it has shown a certificate.
    max_connections_per_client: _Count = 32
    max_handshakes_per_address: _Count = 100
