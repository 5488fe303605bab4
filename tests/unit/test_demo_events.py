"""The demo's battery as a client of events: what it follows, and what it answers when."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from tools.demo.simulators.client import without_namespaces
from tools.demo.simulators.events import Answers, Control, followed

BASE = "<DERControlBase><opModFixedW>100</opModFixedW></DERControlBase>"


def control(
    mrid: str,
    status: int = 1,
    end: int = 100,
    *,
    created: int = 1,
    required: str = "03",
    base: str = BASE,
    primacy: int = 1,
) -> Control:
    """A DERControl as the server sends it, from 0 to ``end``."""
    text = (
        f'<DERControl xmlns="urn:ieee:std:2030.5:ns" replyTo="/r" responseRequired="{required}">'
        f"<mRID>{mrid}</mRID><creationTime>{created}</creationTime>"
        f"<EventStatus><currentStatus>{status}</currentStatus></EventStatus>"
        f"<interval><duration>{end}</duration><start>0</start></interval>{base}</DERControl>"
    )
    return Control.read(without_namespaces(ElementTree.fromstring(text)), primacy)  # noqa: S314


class Told:
    """What is posted: (mRID, status)."""

    def __init__(self) -> None:
        self.answers: list[tuple[str, int]] = []

    def __call__(self, path: str, body: str) -> None:
        root = without_namespaces(ElementTree.fromstring(body))  # noqa: S314
        assert (path, root.tag, root.findtext("endDeviceLFDI")) == (
            "/r",
            "DERControlResponse",
            "AB",
        )
        self.answers.append((root.findtext("subject") or "", int(root.findtext("status") or 0)))


@pytest.mark.parametrize(
    ("controls", "mrid"),
    [
        ([], None),
        ([control("A", status=0), control("B", base="<DERControlBase/>")], None),
        ([control("A"), control("B", created=2)], "B"),
        ([control("A", primacy=1), control("B", created=2, primacy=2)], "A"),
    ],
    ids=["none", "none active", "the newest", "the lowest primacy"],
)
def test_which_control_is_followed(controls: list[Control], mrid: str | None) -> None:
    assert getattr(followed(controls, "opModFixedW"), "mrid", None) == mrid


# Each step: the time, what is listed, and what is answered then.
Step = tuple[int, list[Control], list[tuple[str, int]]]
STORIES: dict[str, list[Step]] = {
    "one that runs": [
        (0, [control("A", 0)], [("A", 1)]),
        (1, [control("A", 0)], []),
        (2, [control("A")], [("A", 2)]),
        (99, [control("A")], []),
        (100, [], [("A", 3)]),
        (101, [], []),
    ],
    "one that is still listed at its end": [
        (2, [control("A")], [("A", 1), ("A", 2)]),
        (100, [control("A")], [("A", 3)]),
        (101, [control("A")], []),
    ],
    "cancelled before": [
        (0, [control("A", 0)], [("A", 1)]),
        (5, [control("A", 2)], [("A", 6)]),
        (6, [control("A", 2)], []),
    ],
    "cancelled while it runs": [
        (0, [control("A")], [("A", 1), ("A", 2)]),
        (5, [control("A", 3)], [("A", 6)]),
    ],
    "never known": [(5, [control("A", 2), control("B", 4)], [])],
    "over when found": [(100, [control("A")], [])],
    "superseded": [
        (0, [control("A")], [("A", 1), ("A", 2)]),
        (5, [control("B", created=2), control("A", 4)], [("A", 7), ("B", 1), ("B", 2)]),
    ],
    "one after the other": [
        (0, [control("A"), control("B", 0, 200)], [("A", 1), ("A", 2), ("B", 1)]),
        (100, [control("B", 1, 200)], [("A", 3), ("B", 2)]),
    ],
    "only receipts are asked for": [
        (0, [control("A", required="01")], [("A", 1)]),
        (100, [], []),
    ],
    "nothing is asked for": [(0, [control("A", required="00")], [])],
}


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES.keys())
def test_what_is_answered_when(story: list[Step]) -> None:
    told = Told()
    answers = Answers("AB", told)
    for now, listed, expected in story:
        told.answers.clear()
        answers.update(listed, followed(listed, "opModFixedW"), now)
        assert told.answers == expected, now


def test_an_answer_that_did_not_arrive_is_given_again() -> None:
    told: list[str] = []

    def post(path: str, body: str) -> None:
        told.append(path)
        if len(told) == 1:
            raise OSError("nobody there")

    answers, listed = Answers("AB", post), [control("A", 0)]
    with pytest.raises(OSError, match="nobody"):
        answers.update(listed, None, 0)
    answers.update(listed, None, 1)
    answers.update(listed, None, 2)
    assert len(told) == 2
