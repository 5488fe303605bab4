"""The agent as a process: `python -m ieee2030_5_agent`, and what VOLTTRON starts."""

from __future__ import annotations

import signal


def main() -> None:
    """Runs the agent."""
    # A platform started with & passes on an ignored SIGINT, and `vctl stop` sends just that. It
    # takes a second to load all modules, and while nothing is open, nothing has to be closed.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    from .agent import run

    run()


if __name__ == "__main__":
    main()
