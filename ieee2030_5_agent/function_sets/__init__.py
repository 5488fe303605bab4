"""The protocol: one module per function set of the standard, each with its rows of the URI table.

A new function set is a module here and its name in ``ALL_ROUTES``.
"""

from __future__ import annotations

from . import (
    der,
    der_programs,
    device_capability,
    device_information,
    end_devices,
    function_set_assignments,
    metering_mirror,
    power_status,
    self_device,
    time,
)

ALL_ROUTES = (
    *device_capability.ROUTES,
    *time.ROUTES,
    *self_device.ROUTES,
    *end_devices.ROUTES,
    *device_information.ROUTES,
    *power_status.ROUTES,
    *function_set_assignments.ROUTES,
    *der.ROUTES,
    *der_programs.ROUTES,
    *metering_mirror.ROUTES,
)
