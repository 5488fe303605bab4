"""The table of resources, methods and function sets, from the routing table itself.

``make resources`` prints it and writes it into docs/resources.md, between its two marks;
``--check`` fails when another one stands there.
"""

from __future__ import annotations

import sys
from pathlib import Path

from ieee2030_5_agent.function_sets import FUNCTION_SETS
from ieee2030_5_agent.rest.routing import Table

MANUAL = Path(__file__).parents[1] / "docs" / "resources.md"
BEGIN = "<!-- resources: written by make resources -->"
END = "<!-- end of resources -->"
ROOT = "/dcap"
# SubscribableType in words.
SUBSCRIBABLE = ("", "yes", "with a Condition", "with or without a Condition")


def table() -> str:
    """The table in Markdown, one line per resource."""
    rows = [
        "| Function set | Resource | URI | Methods | Takes | Subscribable |",
        "|---|---|---|---|---|---|",
    ]
    for function_set in FUNCTION_SETS:
        name = function_set.__name__.rpartition(".")[2].replace("_", " ")
        routes = Table(function_set.ROUTES, ROOT)
        for route in routes:
            methods = " ".join(routes.methods(route.name))
            bodies = ", ".join(body.__name__ for body in route.bodies)
            cells = (
                name,
                route.name,
                f"`{ROOT}{route.template}`",
                methods,
                bodies,
                SUBSCRIBABLE[route.subscribable],
            )
            rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def main() -> int:
    """Prints and writes the table, or compares it with ``--check``."""
    text = MANUAL.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    wanted = f"{before}{BEGIN}\n{table()}\n{END}{after}"
    if "--check" in sys.argv:
        if wanted != text:
            print(f"{MANUAL} is not up to date: run make resources", file=sys.stderr)
        return int(wanted != text)
    print(table())
    MANUAL.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
