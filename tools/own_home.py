"""Whoever imports this module leaves the user's home folder for one below the project.

VOLTTRON writes to the home folder: a list of its running instances and, already when it is
imported, a registry that concerns all platforms of the user. So this module is imported first.

What runs beside another run of the same checkout (``make test``) has the variable ``RUN`` with a
word of its own, and with it another home folder: VOLTTRON writes those files as if it were alone.
"""

from __future__ import annotations

import os
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
CACHE = PROJECT / ".cache"
RUN = os.environ.get("RUN", "")
HOME = CACHE / f"home{RUN and '-'}{RUN}"
# What the user has configured, to be asked later.
USERS_ENVIRONMENT = dict(os.environ)

for variable in [name for name in os.environ if name.startswith("XDG_")]:
    del os.environ[variable]
_passwords = Path("~/.netrc").expanduser()  # for a package index that wants to know who asks
if _passwords.exists():
    os.environ.setdefault("NETRC", str(_passwords))
os.environ["HOME"] = str(HOME)
HOME.mkdir(parents=True, exist_ok=True)
