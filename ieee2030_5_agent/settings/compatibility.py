"""The section ``compatibility``: what is done otherwise for clients that misread the standard."""

from __future__ import annotations

from .base import Strict


class Compatibility(Strict):
    """Each default is the standard's way; ``docs/interop.md`` says which client needs which."""

    # A program that says nothing for the time without control links to an empty DefaultDERControl.
    empty_defaults: bool = True
    # A DefaultDERControl that changes gets a new mRID, and not only a new version.
    new_default_mrid: bool = False
    # A control with randomisation is cancelled with status 3, unless the call says otherwise.
    randomized_cancellation: bool = True
