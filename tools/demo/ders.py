"""The three simulated devices: who they are, and what each tells."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from .certificates import Certificates


@dataclass(frozen=True)
class Der:
    """A simulated device: its simulator, its registration, and what it tells.

    ``certificate``: the file without ending; the device then speaks TLS to the agent's listener,
    and its identity is that of the certificate. Others speak HTTP to VOLTTRON's web service.
    ``py20305``: it speaks through the client of that name, and not through the demo's own.
    """

    kind: str
    name: str
    sfdi: str
    lfdi: str
    points: frozenset[str]
    certificate: Path | None = None
    py20305: bool = False

    @property
    def topic(self) -> str:
        return f"devices/demo/{self.kind}"


ANY_TELLS = frozenset(
    {"b1_SN", "b113_A", "b113_PF", "b120_WRtg", "b121_WMax", "b802_LocRemCtl", "b802_State"}
)
ALL_TELL = ANY_TELLS | {"b1_Md", "b1_Opt", "b1_Vr", "b113_DCV", "b113_DCW", "b120_ARtg"}
STORAGES_TELL = frozenset({"b113_WH", "b120_WHRtg", "b120_MaxChaRte", "b122_StorConn", "b802_SoC"})
# A device of config/agent.json.
BATTERY = Der(
    "battery",
    "battery",
    "111576577659",
    "2990c58a59935a7d5838c952b1a453c967341a07",
    ALL_TELL
    | STORAGES_TELL
    | {"b113_DCA", "b120_AhrRtg", "b120_MaxDisChaRte"}
    | {"b122_ActWh", "b403_Tmp", "b404_DCWh"},
)
# py20305 sends no DeviceInformation and no reading of DC.
_INVERTER = Der("inverter", "PV inverter", "", "", ANY_TELLS | {"b122_ActWh"}, py20305=True)
_CHARGER = Der("charger", "EV charger", "", "", ALL_TELL | STORAGES_TELL | {"b404_DCW"})


def all_ders(certificates: Certificates) -> tuple[Der, ...]:
    """The devices; those with TLS get the identity of a certificate that was just made."""
    return _certified(_INVERTER, certificates), BATTERY, _certified(_CHARGER, certificates)


def _certified(der: Der, certificates: Certificates) -> Der:
    made = certificates.device(der.kind)
    return replace(der, sfdi=made.sfdi, lfdi=made.lfdi, certificate=made.path)
