"""The VOLTTRON driver for IEEE 2030.5 devices (``driver_type: ieee2030_5``).

Installed as ``volttron.driver.interfaces.ieee2030_5``; platform.driver loads ``Interface`` from
the module of the same name. All that it shares with the agent is the RPC contract.
"""
