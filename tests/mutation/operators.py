"""Small changes of a module, one at a time. Pure: a syntax tree in, syntax trees out."""

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass

COMPARE = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
    ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
ARITHMETIC = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult, ast.Pow: ast.Mult, ast.BitOr: ast.BitAnd,
    ast.LShift: ast.RShift,
}  # fmt: skip
CALLS = {"min": "max", "max": "min", "any": "all", "all": "any"}
LEFT_ALONE = {"TypeVar", "ConfigDict", "dataclass", "compile"}
"""Calls whose arguments are declarations of form, not rules."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change."""

    line: int
    what: str
    """`line: before → after`, one line of source each."""
    tree: ast.Module


def _constant(node: ast.Constant) -> list[ast.AST]:
    value = node.value
    if isinstance(value, bool):
        return [ast.Constant(not value)]
    if isinstance(value, int):
        return [ast.Constant(value + 1)]
    if isinstance(value, float):
        return [ast.Constant(value * 2 if value else 1.0)]
    if isinstance(value, str | bytes) and value:
        return [ast.Constant(value + (b"X" if isinstance(value, bytes) else "X"))]
    return []


def _compared(node: ast.Compare) -> list[ast.AST]:
    found: list[ast.AST] = []
    for position, operator in enumerate(node.ops):
        other = copy.deepcopy(node)
        other.ops[position] = COMPARE[type(operator)]()
        found.append(other)
    return found


def _computed(node: ast.BinOp) -> list[ast.AST]:
    if type(node.op) not in ARITHMETIC or _is_type(node):
        return []
    other = copy.deepcopy(node)
    other.op = ARITHMETIC[type(node.op)]()
    return [other]


def _joined(node: ast.BoolOp) -> list[ast.AST]:
    other = copy.deepcopy(node)
    other.op = ast.And() if isinstance(node.op, ast.Or) else ast.Or()
    return [other, *_without_one(node)]


def _called(node: ast.Call) -> list[ast.AST]:
    if not isinstance(node.func, ast.Name) or node.func.id not in CALLS:
        return []
    other = copy.deepcopy(node)
    other.func = ast.Name(CALLS[node.func.id], ast.Load())
    return [other]


def _chosen(node: ast.IfExp) -> list[ast.AST]:
    return [copy.deepcopy(node.body), copy.deepcopy(node.orelse)]


def _reversed(node: ast.UnaryOp) -> list[ast.AST]:
    return [copy.deepcopy(node.operand)]


def _is_type(node: ast.BinOp) -> bool:
    """Say whether this is `T | None`, a type."""
    return isinstance(node.right, ast.Constant) and node.right.value is None


def _without_one(node: ast.BoolOp) -> list[ast.AST]:
    parts = []
    if len(node.values) > 2:
        for position in range(len(node.values)):
            other = copy.deepcopy(node)
            del other.values[position]
            parts.append(other)
    return parts


def _returned(node: ast.Return) -> list[ast.AST]:
    value = node.value
    if value is None or (isinstance(value, ast.Constant) and value.value is None):
        return []
    return [ast.Return(ast.Constant(None))]


def _nothing(_node: ast.AST) -> list[ast.AST]:
    return [ast.Pass()]


def _not_called(node: ast.Expr) -> list[ast.AST]:
    return [ast.Pass()] if isinstance(node.value, ast.Call) else []


def _left(_node: ast.Continue) -> list[ast.AST]:
    return [ast.Break()]


def _decided(node: ast.If) -> list[ast.AST]:
    return [_with_test(node, value=value) for value in (True, False)]


def _unfiltered(node: ast.comprehension) -> list[ast.AST]:
    if not node.ifs:
        return []
    other = copy.deepcopy(node)
    other.ifs = []
    return [other]


def _none(_node: ast.AST) -> list[ast.AST]:
    return []


CHANGES: dict[type[ast.AST], Callable[..., list[ast.AST]]] = {
    ast.Compare: _compared,
    ast.BinOp: _computed,
    ast.BoolOp: _joined,
    ast.UnaryOp: _reversed,
    ast.Constant: _constant,
    ast.Call: _called,
    ast.IfExp: _chosen,
    ast.Return: _returned,
    ast.Raise: _nothing,
    ast.AugAssign: _nothing,
    ast.Expr: _not_called,
    ast.Continue: _left,
    ast.If: _decided,
    ast.comprehension: _unfiltered,
}
"""What may stand in the place of a node, by its kind."""


def _with_test(node: ast.If, *, value: bool) -> ast.AST:
    other = copy.deepcopy(node)
    other.test = ast.Constant(value)
    return other


def _declarative(node: ast.AST) -> list[ast.AST]:
    """Return the parts of a node that say nothing at run time, or nothing that is a rule."""
    parts: list[ast.AST | None] = []
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        parts = [node]  # a docstring, of a module, a function, a field
    elif isinstance(node, ast.arg):
        parts = [node.annotation]
    elif isinstance(node, ast.FunctionDef):
        parts = [*node.decorator_list, node.returns]
    elif isinstance(node, ast.ClassDef):
        parts = [*node.decorator_list, *node.bases]
    elif isinstance(node, ast.Raise):  # the wording of a message
        parts = [part for part in ast.walk(node) if isinstance(part, ast.JoinedStr | ast.Constant)]
    elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in LEFT_ALONE:
        parts = [node]
    return [part for part in parts if part is not None]


def _left_alone(tree: ast.Module) -> set[int]:
    """Return the nodes that are not changed."""
    quiet: set[int] = set()
    for node in ast.walk(tree):
        for part in _declarative(node):
            quiet.update(id(each) for each in ast.walk(part))
        if isinstance(node, ast.AnnAssign):  # the bounds in Annotated[…, Field(ge=…)] are rules
            quiet.update(id(p) for p in ast.walk(node.annotation) if not _is_number(p))
    return quiet


def _is_number(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int | float)


def mutants(source: str) -> Iterator[Mutant]:
    """Return every change of a module, in the order of its lines."""
    tree = ast.parse(source)
    quiet = _left_alone(tree)
    places = [
        (parent, field, position, child)
        for parent in ast.walk(tree)
        for field, value in ast.iter_fields(parent)
        for position, child in (enumerate(value) if isinstance(value, list) else [(None, value)])
        if isinstance(child, ast.AST) and id(child) not in quiet
    ]
    places.sort(key=lambda place: _line(place[3], place[0]))
    for parent, field, position, child in places:
        for new in CHANGES.get(type(child), _none)(child):
            line = _line(child, parent)
            before, after = ast.unparse(child), ast.unparse(new)
            if isinstance(child, ast.If):
                before = f"if {ast.unparse(child.test)}"
                after = f"if {ast.unparse(new.test)}"  # type: ignore[attr-defined]
            _put(parent, field, position, new)
            yield Mutant(line, f"{before} → {after}".replace("\n", " "), copy.deepcopy(tree))
            _put(parent, field, position, child)


def _line(node: ast.AST, parent: ast.AST) -> int:
    """Return the line of a node; a comprehension has none of its own."""
    if isinstance(node, ast.comprehension):
        return node.target.lineno
    return getattr(node, "lineno", getattr(parent, "lineno", 0))


def _put(parent: ast.AST, field: str, position: int | None, node: ast.AST) -> None:
    if position is None:
        setattr(parent, field, node)
    else:
        getattr(parent, field)[position] = node
