"""Starts and stops platform.web in a process of its own, see ``web_process``."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping

import requests

from tests.platform.under_test import PlatformUnderTest
from tools.own_home import PROJECT
from tools.private_platform import processes


class OwnWeb:
    """platform.web of a platform that was started without one."""

    def __init__(self, platform: PlatformUnderTest, variables: Mapping[str, str]) -> None:
        self._platform = platform
        self._variables = variables
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it and waits until it serves its own pages."""
        private = self._platform.platform
        credentials = private.home / "credentials_store" / "platform.web.json"
        self._process = private.spawn(
            [sys.executable, "-m", "tests.platform.web_process"],
            log=private.folder / "platform.web.log",
            cwd=PROJECT,
            variables={
                **self._variables,
                "WEB_ADDRESS": private.web_address,
                "WEB_CREDENTIALS": str(credentials),
                "VOLTTRON_PLATFORM_ADDRESS": private.vip_address,
            },
        )
        self._platform.until(self._serves, "platform.web to serve")

    def _serves(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, "platform.web has ended"
        try:
            return self._platform.http("GET", "/index.html", timeout=2).status_code == 200
        except requests.RequestException:
            return False

    def stop(self) -> None:
        """Ends it in the orderly way."""
        if self._process is not None:
            processes.end([self._process])
            self._process = None
