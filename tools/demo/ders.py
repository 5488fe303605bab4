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
    """

    kind: str
    name: str
    sfdi: str
    lfdi: str
    points: frozenset[str]
    certificate: Path | None = None

    @property
    def topic(self) -> str:
        return f"devices/demo/{self.kind}"


ALL_TELL = frozenset(
    {"b1_Md", "b1_Opt", "b1_Vr", "b1_SN", "b113_A", "b113_PF", "b113_DCV", "b113_DCW"}
    | {"b120_WRtg", "b120_ARtg", "b121_WMax", "b802_LocRemCtl", "b802_State"}
)
STORAGES_TELL = frozenset({"b113_WH", "b120_WHRtg", "b120_MaxChaRte", "b122_StorConn", "b802_SoC"})
# These two are the devices of config/agent.json.
INVERTER = Der(
    "inverter",
    "PV inverter",
    "097935300833",
    "247bd68e3378fe57ba604e3c8bdf9e3f78a3d743",
    ALL_TELL | {"b122_ActWh"},
)
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
_CHARGER = Der("charger", "EV charger", "", "", ALL_TELL | STORAGES_TELL | {"b404_DCW"})


def all_ders(certificates: Certificates) -> tuple[Der, ...]:
    """The devices; the charger gets the identity of a certificate that was just made."""
    made = certificates.device(_CHARGER.kind)
    charger = replace(_CHARGER, sfdi=made.sfdi, lfdi=made.lfdi, certificate=made.path)
    return INVERTER, BATTERY, charger
