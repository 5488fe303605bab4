"""The TLS proxies of config/tls as real processes, for tests and measurements.

They come from PATH or, on Debian and its relatives, from the distribution's packages, unpacked
into .cache: nothing is installed and nobody needs to be root.
"""

from __future__ import annotations

from .packages import ProxyUnavailable
from .proxy import PROXIES, RunningProxy, start

__all__ = ["PROXIES", "ProxyUnavailable", "RunningProxy", "start"]
