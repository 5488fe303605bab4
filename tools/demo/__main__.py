"""Runs the demo: python -m tools.demo [--seconds N]."""

from __future__ import annotations

import argparse
import signal
import sys
import time

import gevent

from . import story

SHORTEST_S = 55.0


class Interrupted(BaseException):
    """Ctrl-C, or a polite request to end."""


def main() -> int:
    """The exit code is 0 when everything was seen that should be."""
    parser = argparse.ArgumentParser(prog="python -m tools.demo")
    parser.add_argument("--seconds", type=float, help="end after this time of live view")
    seconds = parser.parse_args().seconds
    if seconds is not None and seconds < SHORTEST_S:
        parser.error(f"the story needs {SHORTEST_S:g} seconds at least")
    # A signal must not strike in the middle of stopping, so the story runs in a greenlet that
    # gets the first one as an exception, and no other.
    telling = gevent.spawn(tell, seconds)
    watchers = [
        gevent.signal_handler(number, interrupt, telling)
        for number in (signal.SIGINT, signal.SIGTERM)
    ]
    try:
        return int(telling.get())
    finally:
        for watcher in watchers:
            watcher.cancel()


def tell(seconds: float | None) -> int:
    """Runs the story and reports how it ended; the exit code."""
    try:
        story.run(seconds, say)
    except Interrupted:
        # Without a time limit this is how the demo ends; with one, it did not come to its end.
        return 0 if seconds is None else 130
    except (story.DemoFailed, story.PlatformProblem) as problem:
        print(f"\nThe demo failed:\n{problem}\nLogs are in .demo/", file=sys.stderr)
        return 1
    print(
        "\nAll devices were seen with fresh values, the set point and the scheduled event took"
        " effect,\nthe other event was cancelled, and the battery answered to both."
    )
    return 0


def interrupt(telling: gevent.Greenlet) -> None:
    """Ends the story, unless it is ending already."""
    if not getattr(telling, "interrupted", False):
        telling.interrupted = True
        say("ending")
        telling.kill(Interrupted, block=False)


def say(text: str) -> None:
    """One line with the time of day."""
    print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
