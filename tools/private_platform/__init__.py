"""A real VOLTTRON 11 with web service of one's own, for the demo and for the platform tests.

``PrivatePlatform`` boots it in a folder of its own on free ports and installs things the way a
user does, with vctl; ``Peer`` is an agent in the calling process that talks to it.
"""

from __future__ import annotations

from tools import own_home  # noqa: F401 - before VOLTTRON

from .peer import Message, Peer, Recording
from .platform import Installed, PrivatePlatform
from .problems import PlatformProblem
from .waiting import until

__all__ = [
    "Installed",
    "Message",
    "Peer",
    "PlatformProblem",
    "PrivatePlatform",
    "Recording",
    "until",
]
