"""Switches for clients that do not keep to the standard; docs/interop.md says which do not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ieee2030_5_agent.operations import Operations
from ieee2030_5_agent.settings import Settings, SettingsError
from tests.protocol.conftest import Site

PROGRAM = {"mRID": "0A", "primacy": 5, "all": True}
DEFAULT = {"DERControlBase": {"opModMaxLimW": 5000}}


@pytest.fixture
def compatible(make_site: Callable[..., Site]) -> Callable[..., Site]:
    """A site with one program for all, and these switches."""

    def make(program: dict[str, Any] | None = None, **switches: bool) -> Site:
        return make_site(programs=[PROGRAM | (program or {})], compatibility=switches)

    return make


def test_unknown_switches_are_refused() -> None:
    with pytest.raises(SettingsError, match="empty_defaults"):
        Settings.load({"compatibility": {"empty_default": False}})


# --- empty_defaults ----------------------------------------------------------------------------


def linked_default(site: Site) -> Any:
    return site.get("/dcap/edev/0/derp").DERProgram[-1].DefaultDERControlLink


def test_a_program_without_default_links_to_an_empty_one(
    compatible: Callable[..., Site],
) -> None:
    link = linked_default(compatible())
    assert link is not None


def test_without_empty_defaults_a_program_links_to_no_empty_one(
    compatible: Callable[..., Site],
) -> None:
    assert linked_default(compatible(empty_defaults=False)) is None


@pytest.mark.parametrize("default", [DEFAULT, {"setGradW": 0}])
def test_without_empty_defaults_a_default_that_says_something_is_linked(
    compatible: Callable[..., Site], default: dict[str, Any]
) -> None:
    site = compatible({"DefaultDERControl": default}, empty_defaults=False)
    assert linked_default(site) is not None


# --- new_default_mrid --------------------------------------------------------------------------


@pytest.mark.parametrize("new", [False, True])
def test_a_changed_default_gets_a_new_mrid_only_with_the_switch(
    compatible: Callable[..., Site], new: bool
) -> None:
    site = compatible({"DefaultDERControl": DEFAULT}, new_default_mrid=new)
    before = site.get(linked_default(site).href)
    Operations(site.server).set_default_control("0A", {"DERControlBase": {"opModMaxLimW": 4000}})
    after = site.get(linked_default(site).href)
    assert after.DERControlBase.opModMaxLimW == 4000
    assert (after.mRID != before.mRID) is new


def test_the_same_default_keeps_its_mrid(compatible: Callable[..., Site]) -> None:
    site = compatible({"DefaultDERControl": DEFAULT}, new_default_mrid=True)
    before = site.get(linked_default(site).href)
    Operations(site.server).set_default_control("0A", DEFAULT)
    assert site.get(linked_default(site).href) == before


# --- randomized_cancellation -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("switches", "randomize", "status"),
    [
        ({}, None, "cancelled with randomization"),
        ({}, False, "cancelled"),
        ({"randomized_cancellation": False}, None, "cancelled"),
        ({"randomized_cancellation": False}, True, "cancelled with randomization"),
    ],
)
def test_the_switch_decides_how_a_randomised_control_is_cancelled_unless_the_call_says(
    compatible: Callable[..., Site], switches: dict[str, bool], randomize: bool | None, status: str
) -> None:
    operations = Operations(compatible(**switches).server)
    (control,) = operations.create_control(
        program="0A", duration=60, randomize_duration=20, modes={"opModMaxLimW": 5000}
    )
    assert operations.cancel_control(control["mRID"], randomize)["status"] == status
