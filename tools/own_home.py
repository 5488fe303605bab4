"""Whoever imports this module leaves the user's home folder for one below the project.

VOLTTRON writes to the home folder: a list of its running instances and, already when it is
imported, a registry that concerns all platforms of the user. So this module is imported first.
"""

from __future__ import annotations

import os
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
CACHE = PROJECT / ".cache"
# What the user has configured, to be asked later.
USERS_ENVIRONMENT = dict(os.environ)

for variable in [name for name in os.environ if name.startswith("XDG_")]:
    del os.environ[variable]
_passwords = Path("~/.netrc").expanduser()  # for a package index that wants to know who asks
if _passwords.exists():
    os.environ.setdefault("NETRC", str(_passwords))
os.environ["HOME"] = str(CACHE / "home")
(CACHE / "home").mkdir(parents=True, exist_ok=True)
