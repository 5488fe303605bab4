"""What can be wrong with the store's file. The text is for the operator and names the file."""

from __future__ import annotations


class StoreError(OSError):
    """The file cannot be read or written at present: no room, no permission, a failing disk."""


class StoreLocked(StoreError):
    """Another agent has the file open."""


class UnsettledStore(StoreError):
    """It is not known whether what was to be written is in the file: nobody can be told yet."""


class NewerStore(StoreError):
    """The file was written by a newer version of this program."""


class DamagedStore(StoreError):
    """The file is no database, or a part of it cannot be read."""
