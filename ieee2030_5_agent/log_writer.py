"""Log lines leave through a thread, so that nobody who reads them can stop the agent.

An installed agent writes its log into a pipe to the platform's process. While that one stands
still, the pipe takes 64 KiB; whoever writes more waits, and with it would wait every device.
"""

from __future__ import annotations

import logging
import os
from logging.handlers import QueueHandler, QueueListener
from queue import Empty, Full, Queue

# Some minutes of a busy agent, a few MB.
LINES = 10_000
# So long a process that ends waits for its last lines to be written.
LAST_LINES_S = 2.0


class LogWriter(QueueHandler):
    """Takes the place of the handlers of a logger, and has a thread call them."""

    queue: Queue[logging.LogRecord]

    def __init__(self, logger: logging.Logger, lines: int = LINES) -> None:
        super().__init__(Queue(lines))
        self._left_out = 0
        handlers, logger.handlers = logger.handlers, [self]
        QueueListener(self.queue, *handlers, respect_handler_level=True).start()

    def enqueue(self, record: logging.LogRecord) -> None:
        """Never waits: while there is no room the oldest lines are left out, and counted."""
        while True:
            try:
                self.queue.put_nowait(record)
            except Full:
                self._leave_out()
            else:
                break
        if self._left_out and self.queue.qsize() <= self.queue.maxsize // 2:
            count, self._left_out = self._left_out, 0
            logging.getLogger(__name__).warning("%d lines of the log were left out", count)

    def flush(self) -> None:
        """`logging` calls it when the process ends."""
        self._all_written()

    def leave(self) -> None:
        """Ends the process if its last lines wait for a reader: Python would wait with them, for as
        long as it takes."""
        if not self._all_written():
            os._exit(os.EX_IOERR)

    def _all_written(self) -> bool:
        """Waits until all lines are written, or for ``LAST_LINES_S``."""
        queue = self.queue
        with queue.all_tasks_done:
            written = queue.all_tasks_done.wait_for(
                lambda: not queue.unfinished_tasks, LAST_LINES_S
            )
        return bool(written)

    def _leave_out(self) -> None:
        try:
            self.queue.get_nowait()
        except Empty:
            return
        self.queue.task_done()
        self._left_out += 1
