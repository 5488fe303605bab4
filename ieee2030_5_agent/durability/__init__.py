"""Holding answers back until they are true for good: the store behind the server.

``keeper`` opens the file, writes to it for ever and finds its way back when that fails; ``commits``
are the batches on their way, and who waits for them; ``held_back`` is what stands between the
adapters and the server. Requests that arrive while a batch is on its way share the next one, with
one sync of the disk; reading waits for nothing, and may see what is not on disk yet.

When a batch cannot be written, all who wait for it are refused, and the fleet is read again from
the file, as after a restart: so memory never keeps what was refused, and nobody outside was told of
it. Until something can be written again, what would have to be kept is refused before it changes
anything; what devices repeat all the time is taken, and waits in memory.
"""

from __future__ import annotations

from .held_back import HeldBack
from .keeper import Keeper

__all__ = ["HeldBack", "Keeper"]
