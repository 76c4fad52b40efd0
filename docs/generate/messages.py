"""Every sentence that the code may show a person when something goes wrong, read from the source.

Knows how errors are raised here: a class of the tree in config/errors.py is called with a text, or with what
a function of the same file returns. Places where a value comes are `{value}`, as in the code.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PACKAGES = ("config", "database", "retriever", "ingest", "models", "generator", "compare", "app")
DEEPEST = 4  # functions that make a text, within each other

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Message:
    """`kind`: the error's class. `file`: from the root of the tree. `text`: with {} where values come."""

    kind: str
    file: str
    text: str


def kinds(root: Path = ROOT) -> dict[str, str]:
    """The classes of errors for people, with the first line of what is said of each, in the tree's order."""
    found = {"UserError": ""}
    for file in _files(root):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and any(
                isinstance(base, ast.Name) and base.id in found for base in node.bases
            ):
                found[node.name] = (ast.get_docstring(node) or "").split("\n\n")[0]
    del found["UserError"]
    return found


@cache
def messages(root: Path = ROOT) -> tuple[Message, ...]:
    """All of them, each once, in the order of the files."""
    files = {file: ast.parse(file.read_text(encoding="utf-8")) for file in _files(root)}
    shared = {
        name: value for tree in files.values() for name, value in _constants(tree) if not name.startswith("_")
    }
    known = kinds(root)
    found = [
        message
        for file, tree in files.items()
        for message in _Source(
            tree, file.relative_to(root).as_posix(), known, shared | dict(_constants(tree))
        ).messages()
    ]
    return tuple(dict.fromkeys(found))


def _constants(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """What names of a file stand for, if that is a text or a number."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            yield from ((ast.unparse(name), str(node.value.value)) for name in node.targets)


def _files(root: Path) -> list[Path]:
    return [file for package in PACKAGES for file in sorted((root / package).rglob("*.py"))]


class _Source:
    """One file, in which a text is followed to where it is written."""

    def __init__(self, tree: ast.Module, name: str, known: dict[str, str], constants: dict[str, str]) -> None:
        self._tree = tree
        self._name = name
        self._known = known
        self._constants = constants
        self._all = [node for node in ast.walk(self._tree) if isinstance(node, Function)]
        self._functions = {node.name: node for node in self._all}

    def messages(self) -> Iterator[Message]:
        for scope in (self._tree, *self._all):
            for node in _own(scope):
                if isinstance(node, ast.Call) and node.args:
                    for kind in self._kinds(node, scope):
                        for text in self._texts(node.args[0], scope):
                            yield Message(kind, self._name, text)

    def _kinds(self, call: ast.Call, scope: ast.AST) -> list[str]:
        """The class that is called; of a parameter that stands for one, all that are given for it."""
        name = getattr(call.func, "id", "")
        if name in self._known:
            return [name]
        if isinstance(scope, Function) and name and name in {arg.arg for arg in scope.args.args}:
            calls = (node for node in ast.walk(self._tree) if isinstance(node, ast.Call) and node.args)
            given = {
                getattr(node.args[0], "id", "") for node in calls if _called(node) == scope.name
            } & self._known.keys()
            return sorted(given)
        return []

    def _texts(self, node: ast.expr, scope: ast.AST, depth: int = 0) -> list[str]:
        if isinstance(node, ast.Constant):
            return [str(node.value)]
        if isinstance(node, ast.JoinedStr):
            return ["".join(map(self._piece, node.values))]
        if isinstance(node, ast.BinOp):
            sides = (self._texts(side, scope, depth) for side in (node.left, node.right))
            return ["".join(pair) for pair in product(*sides)]
        if isinstance(node, ast.IfExp):
            return [*self._texts(node.body, scope, depth), *self._texts(node.orelse, scope, depth)]
        if isinstance(node, ast.Call) and depth < DEEPEST:
            made = self._functions.get(_called(node))
            if made:
                returned = (one.value for one in _own(made) if isinstance(one, ast.Return) and one.value)
                return [text for value in returned for text in self._texts(value, made, depth + 1)]
            if node.args and isinstance(node.args[0], ast.JoinedStr | ast.Name):
                return self._texts(node.args[0], scope, depth + 1)
        if isinstance(node, ast.Name) and depth < DEEPEST:
            given = [
                one.value for one in _own(scope) if isinstance(one, ast.Assign) and _assigns(one, node.id)
            ]
            if given:
                return [text for value in given for text in self._texts(value, scope, depth + 1)]
        return [self._piece(node)]

    def _piece(self, node: ast.expr) -> str:
        if isinstance(node, ast.Constant):
            return str(node.value)
        value = ast.unparse(node.value if isinstance(node, ast.FormattedValue) else node)
        return self._constants.get(value, f"{{{value}}}")


def _own(scope: ast.AST) -> Iterator[ast.AST]:
    """What stands in the scope, and not in a function within it."""
    for node in ast.iter_child_nodes(scope):
        if not isinstance(node, Function):
            yield node
            yield from _own(node)


def _called(call: ast.Call) -> str:
    function = call.func
    return getattr(function, "id", "") or getattr(function, "attr", "")


def _assigns(node: ast.Assign, name: str) -> bool:
    return any(isinstance(target, ast.Name) and target.id == name for target in node.targets)
