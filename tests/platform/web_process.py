"""VOLTTRON's own platform.web as a process, so that it can be stopped while the platform runs.

VOLTTRON 11 runs it in the process of the platform, where nothing stops it alone: a platform ends
with the first of its services. A platform whose configuration has no [web] section leaves the
identity free for this process, which has the same class, credentials and configuration.

Environment: WEB_CREDENTIALS, WEB_ADDRESS, VOLTTRON_PLATFORM_ADDRESS, VOLTTRON_HOME.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

import gevent
from volttron.server.server_options import ServerOptions
from volttron.services.web.platform_web_service import PlatformWebService
from volttron.types.auth.auth_credentials import VolttronCredentials


def main() -> None:
    """Serves until SIGINT or SIGTERM."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    options = ServerOptions(
        volttron_home=Path(os.environ["VOLTTRON_HOME"]),
        service_address=os.environ["VOLTTRON_PLATFORM_ADDRESS"],
        services={
            "web": {"bind_web_address": os.environ["WEB_ADDRESS"], "web_secret_key": "secret"}
        },
        initialized=True,  # otherwise the platform's own file takes the place of all this
    )
    credentials = VolttronCredentials.load_from_file(Path(os.environ["WEB_CREDENTIALS"]))
    web = PlatformWebService(options, credentials=credentials)
    gevent.spawn(web.core.run).join()


if __name__ == "__main__":
    main()
