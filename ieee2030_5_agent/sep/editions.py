"""The editions of IEEE 2030.5 as they are told apart on the wire."""

from __future__ import annotations

from enum import Enum


class Edition(Enum):
    """A dialect: its XML namespace and the year of the standard whose names and rules it follows.

    2018 and 2023 share a namespace; a 2023 root element carries the attribute ``schemaVer``.
    Source: IEEE 2030.5-2018 and -2023 schemas; documents of 2013-era clients in the field.
    """

    ZIGBEE_2013 = ("http://zigbee.org/sep", 2013)
    INTERIM_2013 = ("http://ieee.org/2030.5", 2013)
    E2018 = ("urn:ieee:std:2030.5:ns", 2018)
    E2023 = ("urn:ieee:std:2030.5:ns", 2023)

    def __init__(self, namespace: str, year: int) -> None:
        self.namespace = namespace
        self.year = year

    @classmethod
    def of_document(cls, namespace: str | None, schema_version: str | None) -> Edition | None:
        """The edition of a document with this root namespace, or None for a foreign namespace.

        Some clients send no namespace at all: they are held to the rules of 2018 and have no
        namespace to be answered in, so the caller picks the answer's edition.
        """
        if namespace == cls.E2018.namespace:
            return cls.E2018 if schema_version in (None, "2.1") else cls.E2023
        for edition in (cls.ZIGBEE_2013, cls.INTERIM_2013):
            if namespace == edition.namespace:
                return edition
        return None


NAMESPACES = tuple(dict.fromkeys(edition.namespace for edition in Edition))
