"""Formulas of derived points: `=DERAvailability.availabilityDuration/3600*DERSettings.setMaxW`.

A formula knows numbers, + - * /, parentheses, references to fields and a few functions, nothing
else. A reference gives the field's engineering value (watts, percent, seconds), as a point of
that field would. None when any reference is absent, unless `default(x, y)` says what to take
instead; None as well when the result is no finite number (division by zero).

`bit(x, n)` is bit n of a set of bits, `bitor(x, y, ...)` joins the sets that are there: it is None
only when none of them is.
"""

from __future__ import annotations

import ast
import functools
import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .fields import suggestion

Number = int | float
Resources = Mapping[tuple[str, int | str], Any]
Reference = Callable[[Resources], Number | None]
Resolve = Callable[[str], tuple[str, str, Reference]]
_Term = Callable[[Resources], Number | None]

_REFERENCE = re.compile(r"[A-Za-z_]\w*(?:\.\w+(?:\[[^\[\]]*\])?)+", re.ASCII)
_OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Number]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_FUNCTIONS: dict[str, tuple[int, Callable[..., Number]]] = {
    "abs": (1, abs),
    "min": (2, min),
    "max": (2, max),
    "bit": (2, lambda bits, number: int(bits) >> int(number) & 1),
}
# Functions that deal with absent arguments themselves.
_OF_WHAT_IS_THERE = ("default", "bitor")
_PLACEHOLDER = re.compile(r"\b_[0-9]+\b", re.ASCII)
# Counted with each reference as two or three characters. Enough for what a person writes, and
# nested no deeper than Python's recursion allows wherever the formula is evaluated.
_MAX_LENGTH = 200


class FormulaError(ValueError):
    """A formula that cannot be read; the text says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Formula:
    """A compiled formula, the resources that it reads, and the fields of those, without what is
    inside of them.

    ``divides_by_zero``: whether that is why there is no value.
    """

    evaluate: _Term
    resources: frozenset[str]
    fields: frozenset[str]
    divides_by_zero: Callable[[Resources], bool]


def compile_formula(text: str, resolve: Resolve) -> Formula:
    """A formula without its leading `=`; ``resolve`` gives resource, field and reader.

    Raises FormulaError, or what ``resolve`` raises for a reference that it does not know.
    """
    if _PLACEHOLDER.search(text):
        raise FormulaError(f"{text!r} has a name that is not a field: write Resource.field")
    references: list[tuple[str, str, Reference]] = []

    def placeholder(match: re.Match[str]) -> str:
        references.append(resolve(match[0]))
        return f"_{len(references) - 1}"

    # References are taken out first: `Temperature[subject=0].value` is no Python expression.
    source = _REFERENCE.sub(placeholder, text).strip()
    if len(source) > _MAX_LENGTH:
        raise FormulaError(f"more than {_MAX_LENGTH} characters besides the fields")
    try:
        tree = ast.parse(source, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise FormulaError(f"{text!r} is not a formula") from error
    term = _term(tree.body, [reader for _, _, reader in references])

    def evaluate(resources: Resources) -> Number | None:
        try:
            value = term(resources)
        except (ZeroDivisionError, OverflowError, ValueError):
            return None  # also bit(x, -1)
        return value if value is not None and math.isfinite(value) else None

    def divides_by_zero(resources: Resources) -> bool:
        try:
            term(resources)
        except ZeroDivisionError:
            return True
        except (OverflowError, ValueError):
            return False
        return False

    read = frozenset(resource for resource, _, _ in references)
    fields = frozenset(field for _, field, _ in references)
    return Formula(evaluate, read, fields, divides_by_zero)


def _term(node: ast.expr, references: list[Reference]) -> _Term:
    if isinstance(node, ast.Constant):
        return _constant(node)
    if isinstance(node, ast.Name):
        return _reference(node, references)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        sign = -1 if isinstance(node.op, ast.USub) else 1
        return _apply(lambda x: sign * x, [_term(node.operand, references)])
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        terms = [_term(node.left, references), _term(node.right, references)]
        return _apply(_OPERATORS[type(node.op)], terms)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        return _call(node.func.id, [_term(argument, references) for argument in node.args])
    raise FormulaError(
        f"{ast.unparse(node)!r} is not allowed: only numbers, + - * /, parentheses, "
        f"fields and {', '.join((*_OF_WHAT_IS_THERE, *_FUNCTIONS))}"
    )


def _constant(node: ast.Constant) -> _Term:
    number = node.value
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise FormulaError(f"{number!r} is not a number")
    return lambda resources: number


def _reference(node: ast.Name, references: list[Reference]) -> _Term:
    if _PLACEHOLDER.fullmatch(node.id):
        return references[int(node.id[1:])]
    raise FormulaError(f"{node.id!r} is not a field: write Resource.field")


def _call(name: str, terms: list[_Term]) -> _Term:
    if name == "default":
        _expect_arguments(name, 2, terms)
        return _default(*terms)
    if name == "bitor":
        return _bitor(terms)
    if name not in _FUNCTIONS:
        known = [*_OF_WHAT_IS_THERE, *_FUNCTIONS]
        raise FormulaError(f"there is no function {name}{suggestion(name, known)}")
    count, function = _FUNCTIONS[name]
    _expect_arguments(name, count, terms)
    return _apply(function, terms)


def _expect_arguments(name: str, count: int, terms: list[_Term]) -> None:
    if len(terms) != count:
        raise FormulaError(f"{name} takes {count} arguments, not {len(terms)}")


def _default(first: _Term, second: _Term) -> _Term:
    def evaluate(resources: Resources) -> Number | None:
        value = first(resources)
        return second(resources) if value is None else value

    return evaluate


def _bitor(terms: list[_Term]) -> _Term:
    def evaluate(resources: Resources) -> Number | None:
        sets = [int(value) for term in terms if (value := term(resources)) is not None]
        return functools.reduce(operator.or_, sets) if sets else None

    return evaluate


def _apply(function: Callable[..., Number], terms: list[_Term]) -> _Term:
    def evaluate(resources: Resources) -> Number | None:
        values = []
        for term in terms:
            value = term(resources)
            if value is None:
                return None
            values.append(value)
        return function(*values)

    return evaluate
