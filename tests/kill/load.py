"""Eight clients that change something of every kind, and write down what became of it.

``python -m tests.kill.load PORT SEED``: each client works on devices and programs of its own until
the server is gone. The first line says that each has done everything once; the second is for each
client its deeds in order, as JSON.
"""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from tests.kill.client import Client

CLIENTS = 8


def main(port: str, seed: str) -> None:
    clients = [Client(int(port), seed, number) for number in range(CLIENTS)]
    begun = Barrier(CLIENTS, lambda: print("begun", flush=True))
    with ThreadPoolExecutor(CLIENTS) as pool:
        done = [pool.submit(client.run, begun) for client in clients]
    print(json.dumps([one.result() for one in done]))


if __name__ == "__main__":
    main(*sys.argv[1:])
