"""Writes what follows from ``schemas/``: ``sep/models/`` (by xsdata) and ``sep/facets.py``.

``make schemas`` runs it without arguments. With ``--check`` nothing is written: the files are made
in a temporary folder, and the exit code is 1 with the names of those that differ.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from lxml import etree
from xsdata.models.config import GeneratorConfig

ROOT = Path(__file__).resolve().parent.parent
SCHEMAS = ROOT / "schemas"
SEP = Path("ieee2030_5_agent") / "sep"
LINE_LENGTH = 100

XS = "{http://www.w3.org/2001/XMLSchema}"
SEP_NS = "{urn:volttron-ieee2030-5:schema}"
STANDARD = "urn:ieee:std:2030.5:ns"
EXTENSIONS = {"https://csipaus.org/ns": "csipaus"}

XSDATA_CONFIG = """\
<Config xmlns="{namespace}">
  <Output maxLineLength="{line_length}">
    <Package>models</Package>
    <Format slots="true">dataclasses</Format>
    <Structure>filenames</Structure>
    <DocstringStyle>Accessible</DocstringStyle>
    <RelativeImports>true</RelativeImports>
  </Output>
  <Conventions>
    <ClassName case="originalCase" safePrefix="type"/>
    <FieldName case="originalCase" safePrefix="value"/>
    <ModuleName case="originalCase" safePrefix="mod"/>
    <PackageName case="originalCase" safePrefix="pkg"/>
  </Conventions>
</Config>
"""

# XML Schema's own types: the base of a SimpleType and the limits that it brings.
BUILTIN = {
    "string": ("str", None, None),
    "anyURI": ("str", None, None),
    "boolean": ("bool", None, None),
    "hexBinary": ("hex", None, None),
    "byte": ("int", -(2**7), 2**7 - 1),
    "short": ("int", -(2**15), 2**15 - 1),
    "int": ("int", -(2**31), 2**31 - 1),
    "long": ("int", -(2**63), 2**63 - 1),
    "unsignedByte": ("int", 0, 2**8 - 1),
    "unsignedShort": ("int", 0, 2**16 - 1),
    "unsignedInt": ("int", 0, 2**32 - 1),
    "unsignedLong": ("int", 0, 2**64 - 1),
}


class SchemaError(ValueError):
    """The schemas contradict themselves, or a tool refused what was made of them."""


def local(name: str) -> str:
    """A qualified name without its prefix; the schemas name each thing once over all namespaces."""
    return name.rpartition(":")[2]


def must(node: etree._Element, attribute: str) -> str:
    """The value of an attribute that the node has to have."""
    value = node.get(attribute)
    if value is None:
        raise SchemaError(f"line {node.sourceline}: {local_tag(node)} without {attribute}")
    return value


def local_tag(node: etree._Element) -> str:
    """The tag of a node without its namespace."""
    return str(etree.QName(node).localname)


def target_namespace(node: etree._Element) -> str:
    """The namespace of what the node's file declares."""
    return must(node.getroottree().getroot(), "targetNamespace")


class Schemas:
    """All definitions of a folder of schemas, by name."""

    def __init__(self, folder: Path) -> None:
        self.files = {
            path.name: etree.parse(path).getroot() for path in sorted(folder.glob("*.xsd"))
        }
        self.complex: dict[str, etree._Element] = {}
        self.simple: dict[str, etree._Element] = {}
        self.elements: dict[str, etree._Element] = {}
        tables = {"complexType": self.complex, "simpleType": self.simple, "element": self.elements}
        for file, root in self.files.items():
            for kind, table in tables.items():
                for node in root.iterfind(XS + kind):
                    if must(node, "name") in table:
                        raise SchemaError(f"{file}: {kind} {node.get('name')} is defined twice")
                    table[must(node, "name")] = node

    def resolve(self, element: etree._Element) -> etree._Element:
        """The declaration that an element refers to, or itself."""
        ref = element.get("ref")
        return element if ref is None else self.elements[local(ref)]

    def lineage(self, type_name: str) -> Iterator[str]:
        """The type and its base types, most basic first."""
        base = self.complex[type_name].find(f"{XS}complexContent/{XS}extension")
        if base is not None:
            yield from self.lineage(local(must(base, "base")))
        yield type_name


# --- models ------------------------------------------------------------------------------------


def plain_schema(root: etree._Element, schemas: Schemas) -> etree._Element:
    """A schema as xsdata shall see it, so that classes come out as plain holders of what is known.

    - Nothing is mandatory and nothing has a default: a model may be half filled, and a value that
      nobody set must not be sent. ``facets`` says what is mandatory.
    - A reference to an extension element becomes an element on the spot: xsdata would make a
      class of its own for each, ``opModExpLimW`` beside ``ActivePower``.
    - Only types keep their description; it becomes the docstring.
    """
    for node in root.iter(XS + "element", XS + "attribute"):
        etree.strip_elements(node, XS + "annotation")
        if node.tag == XS + "attribute":
            etree.strip_attributes(node, "default", "use")
        elif node.getparent() is not root:
            node.set("minOccurs", "0")
        if node.get("ref") is not None:
            _inline(node, schemas)
    for annotation in root.findall(XS + "annotation"):
        root.remove(annotation)
    etree.strip_elements(root, XS + "appinfo")
    for node in root.findall(XS + "element"):
        if local(must(node, "type")) != must(node, "name"):
            root.remove(node)
    return root


def _inline(node: etree._Element, schemas: Schemas) -> None:
    declared = schemas.resolve(node)
    prefix, _, type_name = must(declared, "type").rpartition(":")
    namespace = declared.nsmap[prefix or None]
    prefixes = {uri: known for known, uri in node.nsmap.items()}
    node.attrib.pop("ref")
    node.set("name", must(declared, "name"))
    node.set("type", ":".join(filter(None, (prefixes[namespace], type_name))))
    node.set("targetNamespace", target_namespace(declared))


def make_models(schemas: Schemas, target: Path) -> None:
    """Runs xsdata; leaves the package ``models`` in the folder."""
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        (work / "schemas").mkdir()
        config = XSDATA_CONFIG.format(
            namespace=GeneratorConfig.Meta.namespace, line_length=LINE_LENGTH
        )
        (work / "xsdata.xml").write_text(config)
        for name, root in schemas.files.items():
            copy = etree.fromstring(etree.tostring(root))
            plain = plain_schema(copy, schemas)
            (work / "schemas" / name).write_bytes(etree.tostring(plain, encoding="UTF-8"))
        _run(["xsdata", "generate", "schemas", "--config", "xsdata.xml"], work)
        (target / "models").mkdir(parents=True, exist_ok=True)
        for path in sorted((work / "models").glob("*.py")):
            (target / "models" / path.name).write_text(_original_names(path.read_text()))


def _original_names(text: str) -> str:
    """xsdata avoids names of builtins (`type`), which a field may well have."""
    return re.sub(
        r"^    (\w+)_value: (.*?)^            \"name\": \"\1\",\n",
        r"    \1: \2",
        text,
        flags=re.MULTILINE | re.DOTALL,
    )


def _run(command: list[str], folder: Path) -> None:
    # The tools stand beside the interpreter; an environment need not be activated to use it.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        check=False,
        text=True,
    )
    if done.returncode != 0:
        raise SchemaError(f"{command[0]} failed:\n{done.stdout}{done.stderr}")


# --- facets ------------------------------------------------------------------------------------


LIMITS = {"minInclusive": "minimum", "maxInclusive": "maximum", "maxLength": "octets"}


def simple_type(schemas: Schemas, name: str) -> dict[str, object]:
    """The arguments of SimpleType that differ from its defaults."""
    node = schemas.simple[name]
    (restriction,) = node.findall(XS + "restriction")
    base = must(restriction, "base")
    if base.startswith("xs:"):
        kind, low, high = BUILTIN[local(base)]
        facts: dict[str, object] = {"base": kind, "minimum": low, "maximum": high}
    else:
        facts = simple_type(schemas, local(base))
        facts.pop("codes", None)
        facts.pop("codes_since", None)
    for limit in restriction:
        facts[LIMITS[local_tag(limit)]] = int(must(limit, "value"))
    codes = {int(must(code, "value")): code for code in node.iter(SEP_NS + "code", SEP_NS + "bit")}
    if codes:
        facts["codes"] = {value: code.text for value, code in codes.items()}
    since = {value: int(code.get("since", "0")) for value, code in codes.items()}
    if any(since.values()):
        facts["codes_since"] = {value: year for value, year in since.items() if year}
    return {key: value for key, value in facts.items() if value is not None}


def members(schemas: Schemas, type_name: str) -> Iterator[tuple[str, dict[str, object]]]:
    """Attributes and elements of a complex type and its base types, attributes first.

    Each comes with the arguments of Element that differ from its defaults.
    """
    lineage = list(schemas.lineage(type_name))
    for name in lineage:
        for node in schemas.complex[name].iter(XS + "attribute"):
            yield must(node, "name"), _member(node, node, attribute=True)
    for name in lineage:
        for node in schemas.complex[name].iter(XS + "element"):
            declared = schemas.resolve(node)
            yield must(declared, "name"), _member(node, declared, attribute=False)


def _member(
    node: etree._Element, declared: etree._Element, *, attribute: bool
) -> dict[str, object]:
    facts: dict[str, object] = {"type": local(must(declared, "type"))}
    if attribute:
        required = node.get("use") == "required"
    else:
        required = int(node.get("minOccurs", "1")) > 0
        most = node.get("maxOccurs", "1")
        if most != "1":
            facts["many"] = True
            facts["max_occurs"] = None if most == "unbounded" else int(most)
    if required:
        facts["required"] = True
    if attribute:
        facts["attribute"] = True
    since, old_name = node.get(SEP_NS + "since"), node.get(SEP_NS + "name2013")
    if since is not None:
        facts["since"] = int(since)
    if old_name is not None:
        facts["old_name"] = old_name
    namespace = target_namespace(declared)
    if namespace != STANDARD and not attribute:
        facts["namespace"] = EXTENSIONS[namespace]
    return facts


def roots(schemas: Schemas) -> dict[str, str]:
    """Global elements that are resources, each with its class."""
    return {
        name: local(must(node, "type"))
        for name, node in schemas.elements.items()
        if local(must(node, "type")) == name
    }


def call(name: str, facts: dict[str, object]) -> str:
    """Source text of a call: the first fact by position, the others by name."""
    first, *others = facts.items()
    words = [repr(first[1]), *(f"{key}={value!r}" for key, value in others)]
    return f"{name}({', '.join(words)})"


def facets_text(schemas: Schemas) -> str:
    """The module ``facets`` before formatting."""
    lines = [
        '"""Generated from schemas/ by tools/make_models.py (`make schemas`). Do not edit.',
        "",
        "Simple types with ranges and codes; the fields of each class; the class of each root",
        "element, and the namespace of those that are not of IEEE 2030.5 itself.",
        '"""',
        "",
        "from __future__ import annotations",
        "",
        "from .schema_types import Element, SimpleType",
        "",
        "SIMPLE: dict[str, SimpleType] = {",
    ]
    builtin = {
        f"xs:{name}": facts for name, facts in BUILTIN.items() if facts[0] in ("str", "bool")
    }
    used = {
        node.get("type", "")
        for root in schemas.files.values()
        for node in root.iter(XS + "element", XS + "attribute")
    }
    for name in sorted(used & builtin.keys()):
        lines.append(f"{local(name)!r}: SimpleType({builtin[name][0]!r}),")
    for name in schemas.simple:
        lines.append(f"{name!r}: {call('SimpleType', simple_type(schemas, name))},")
    lines += ["}", "", "ELEMENTS: dict[str, dict[str, Element]] = {"]
    for name in sorted(schemas.complex):
        lines.append(f"{name!r}: {{")
        for member, facts in members(schemas, name):
            lines.append(f"{member!r}: {call('Element', facts)},")
        lines.append("},")
    lines += ["}", "", "ROOTS: dict[str, str] = {"]
    lines += [f"{name!r}: {class_name!r}," for name, class_name in sorted(roots(schemas).items())]
    lines += ["}", "", "ROOT_NAMESPACES: dict[str, str] = {"]
    for name in sorted(roots(schemas)):
        namespace = target_namespace(schemas.elements[name])
        if namespace != STANDARD:
            lines.append(f"{name!r}: {EXTENSIONS[namespace]!r},")
    lines.append("}")
    return "\n".join(lines) + "\n"


def make_facets(schemas: Schemas, target: Path) -> None:
    """Writes ``facets.py`` into the folder."""
    path = target / "facets.py"
    path.write_text(facets_text(schemas))
    _run(["ruff", "format", "--isolated", f"--line-length={LINE_LENGTH}", path.name], target)


# --- command -----------------------------------------------------------------------------------


def generate(target: Path, folder: Path = SCHEMAS) -> None:
    """Writes all generated files below the target folder."""
    schemas = Schemas(folder)
    target.mkdir(parents=True, exist_ok=True)
    make_models(schemas, target)
    make_facets(schemas, target)


def generated_files(folder: Path) -> dict[str, str]:
    """Text of every file that this program owns below ``sep``, by relative name."""
    paths: Iterable[Path] = [folder / "facets.py", *sorted((folder / "models").glob("*.py"))]
    return {
        path.relative_to(folder).as_posix(): path.read_text() for path in paths if path.exists()
    }


def differences(committed: Path) -> list[str]:
    """Names of the files that are not what the schemas give, missing and superfluous included."""
    with tempfile.TemporaryDirectory() as scratch:
        generate(Path(scratch))
        wanted = generated_files(Path(scratch))
    present = generated_files(committed)
    return sorted(
        name for name in wanted.keys() | present.keys() if wanted.get(name) != present.get(name)
    )


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    options = parser.parse_args(arguments)
    if options.check:
        stale = differences(ROOT / SEP)
        for name in stale:
            print(f"{(SEP / name).as_posix()} is not what schemas/ gives; run `make schemas`")
        return 1 if stale else 0
    with tempfile.TemporaryDirectory() as scratch:
        generate(Path(scratch))
        wanted = generated_files(Path(scratch))
    for name in generated_files(ROOT / SEP).keys() - wanted.keys():
        (ROOT / SEP / name).unlink()
    for name, text in wanted.items():
        path = ROOT / SEP / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
