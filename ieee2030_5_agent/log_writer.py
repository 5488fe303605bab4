"""Log lines leave through a thread, so that nobody who reads them can stop the agent.

An installed agent writes its log into a pipe to the platform's process. While that one stands
still, the pipe takes 64 KiB; whoever writes more waits, and with it would wait every device.
"""

from __future__ import annotations

import logging
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
        # Its thread ends with the process, also when it waits for a reader.
        QueueListener(self.queue, *handlers).start()

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
        """Waits until all lines are written, or for ``LAST_LINES_S``: `logging` calls it when the
        process ends."""
        queue = self.queue
        with queue.all_tasks_done:
            queue.all_tasks_done.wait_for(lambda: not queue.unfinished_tasks, LAST_LINES_S)

    def _leave_out(self) -> None:
        try:
            self.queue.get_nowait()
        except Empty:
            return
        self.queue.task_done()
        self._left_out += 1
