"""What the model refuses, by RPC or by request. The message names device, point and reason."""

from __future__ import annotations


class ModelError(ValueError):
    """A change or a question that the model refuses; nothing was changed."""


class StoreUnavailable(ModelError):
    """What is to be kept cannot be kept at present; the same may be asked again later."""


class UnknownDevice(ModelError):
    """No EndDevice has this SFDI."""


class UnknownPoint(ModelError):
    """The device has no point of this name."""


class NotWritable(ModelError):
    """The point can only be read."""


class BadValue(ModelError):
    """The value does not fit the point or the field."""


class BaseUnknown(ModelError):
    """A percentage cannot be computed: the device has not reported what it is a percentage of."""


class DuplicateDevice(ModelError):
    """A device with this identity is registered already."""


class NotOwner(ModelError):
    """The object belongs to another device."""


class UnknownProgram(ModelError):
    """No DERProgram has this mRID."""


class DuplicateProgram(ModelError):
    """A DERProgram with this mRID exists already."""


class LimitReached(ModelError):
    """There is no room for another object of this kind."""


class UnknownEvent(ModelError):
    """No event that this server shows, or showed lately, has this mRID."""


class UnknownReservation(ModelError):
    """The device has no flow reservation request with this mRID."""


class StillManages(ModelError):
    """An aggregator that still manages devices cannot be removed."""


class UnknownControl(ModelError):
    """No DERControl that is listed has this mRID."""


class DuplicateControl(ModelError):
    """The mRID of a DERControl is in use for something else, or was."""


class NotCancellable(ModelError):
    """The DERControl ended early already, and not by being cancelled."""


class DuplicateSubscription(ModelError):
    """A subscription of the same client to the same resource exists already."""
