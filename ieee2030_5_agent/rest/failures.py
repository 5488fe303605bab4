"""A refusal as the client reads it: an Error document with a one-line reason."""

from __future__ import annotations

import re

from ..sep import models
from ..sep.codec import encode
from ..sep.editions import Edition
from .errors import ProtocolError
from .messages import MEDIA_TYPE, Response


def failure(refusal: ProtocolError, edition: Edition) -> Response:
    """An Error document; the reason stands in a comment, as the schema has no place for it."""
    body = encode(models.Error(reasonCode=refusal.reason_code), edition)
    # Two hyphens end a comment, and it must not end with one.
    reason = re.sub("-(?=-)", "- ", str(refusal))
    return Response(
        refusal.status,
        (*refusal.headers, ("Content-Type", MEDIA_TYPE)),
        body + f"<!-- {reason} -->".encode(),
    )
