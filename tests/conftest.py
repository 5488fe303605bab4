"""What holds for all tests."""

from __future__ import annotations

from hypothesis import settings
from hypothesis.configuration import set_hypothesis_home_dir

from tools.own_home import CACHE  # before anything imports VOLTTRON

set_hypothesis_home_dir(CACHE / "hypothesis")
# Two shared cores make times useless as a criterion; the same examples each time make a failure
# repeatable.
settings.register_profile("project", deadline=None, derandomize=True)
settings.load_profile("project")
