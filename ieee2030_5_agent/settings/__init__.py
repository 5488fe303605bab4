"""The agent's configuration, validated: what an operator wrote is either understood or refused.

Unknown keys are refused, because a mistyped optional key would otherwise silently leave its
default in force. All mistakes are reported at once, each with its key path. The keys of the
original VOLTTRON agent keep their names and meanings.

One module per section of the configuration; ``settings`` has what belongs to none.
"""

from .entries import Device, InBand, Program
from .fields import EDITIONS, POLLED, WEEK_S
from .listener import Listener
from .problems import SettingsError
from .settings import DEFAULT_ROOT, Settings
from .store import Store

__all__ = [
    "DEFAULT_ROOT",
    "EDITIONS",
    "POLLED",
    "WEEK_S",
    "Device",
    "InBand",
    "Listener",
    "Program",
    "Settings",
    "SettingsError",
    "Store",
]
