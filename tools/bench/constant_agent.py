"""The agent to compare with: its route answers a constant, and does nothing else."""

from __future__ import annotations

from typing import Any

from volttron.client.vip.agent import RPC, Agent, Core
from volttron.utils.commands import vip_main

from ieee2030_5_agent.rest.messages import MEDIA_TYPE

from . import documents

IDENTITY = "bench.constant"
ROOT = "/constant"
HEADERS = [["Content-Type", MEDIA_TYPE]]


class ConstantAgent(Agent):
    """A DERStatus for every GET, nothing for every PUT."""

    vip: Any
    core: Any

    def __init__(self, config_path: object = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._body = documents.document("DERStatus").decode()

    @Core.receiver("onstart")
    def _on_start(self, sender: object, **kwargs: object) -> None:
        self.vip.rpc.call(
            "platform.web", "register_agent_route", rf"^{ROOT}(?:/.*)?\Z", "answer"
        ).get(timeout=10)

    @RPC.export
    def answer(self, env: dict[str, Any], data: object) -> list[Any]:
        """Called by platform.web for each request."""
        if env["REQUEST_METHOD"] == "PUT":
            return ["204 No Content", "", []]
        return ["200 OK", self._body, HEADERS]


if __name__ == "__main__":
    vip_main(ConstantAgent, version="0.1")
