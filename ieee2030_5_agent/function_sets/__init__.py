"""The protocol: one module per function set of the standard, each with its rows of the URI table.

A new function set is a module here and its name in ``FUNCTION_SETS``.
"""

from __future__ import annotations

from . import (
    connection_points,
    der,
    der_programs,
    device_capability,
    device_information,
    end_devices,
    flow_reservations,
    function_set_assignments,
    log_events,
    metering,
    metering_mirror,
    power_status,
    responses,
    self_device,
    subscriptions,
    time,
)

FUNCTION_SETS = (
    device_capability,
    time,
    self_device,
    end_devices,
    device_information,
    power_status,
    flow_reservations,
    connection_points,
    function_set_assignments,
    der,
    der_programs,
    responses,
    log_events,
    metering,
    metering_mirror,
    subscriptions,
)
ALL_ROUTES = tuple(route for function_set in FUNCTION_SETS for route in function_set.ROUTES)
