"""SciPy's own test modules, as they lie in the installed SciPy, with some of SciPy's functions replaced by ours.

A module runs in a fresh namespace whose `import` hands out SciPy's modules with those functions exchanged, so every
way a test names them (`convolve`, `signal.convolve`, a list to parametrize over) reaches ours. SciPy itself is not
touched: a function of ours that calls SciPy calls the real one.
"""

import ast
import builtins
import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


class Exchanged(ModuleType):
    """A module with some names exchanged; everything else is the module's."""

    def __init__(self, original: ModuleType, names: dict[str, Any]) -> None:
        super().__init__(original.__name__)
        self._original = original
        self.__dict__.update(names)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._original, name)


def _unmarked(*_: Any, **__: Any) -> Callable[[Any], Any]:
    """In place of SciPy's decorator that looks up which array libraries a SciPy function takes."""
    return lambda test: test


def _parameter(function: Any, *values: Any, **_: Any) -> Any:
    return pytest.param(function, *values)


def load(module: str, package: str, ours: dict[str, Any]) -> dict[str, Any]:
    """The namespace of a SciPy test module in which `package`, say "scipy.signal", has our functions."""
    found = importlib.util.find_spec(module)
    if found is None or found.origin is None:
        pytest.skip(f"{module} is not installed with this SciPy", allow_module_level=True)
    exchanged = {
        package: ours,
        "scipy._lib._array_api": {"make_xp_test_case": _unmarked, "make_xp_pytest_param": _parameter},
    }
    room = package.rsplit(".", 1)

    def imported(name: str, globals_: Any = None, locals_: Any = None, wanted: Any = (), level: int = 0) -> Any:
        real = builtins.__import__(name, globals_, locals_, wanted, level)
        if level == 0 and name in exchanged and wanted:
            return Exchanged(real, exchanged[name])
        if level == 0 and name == room[0] and wanted and room[1] in wanted:
            return Exchanged(real, {room[1]: Exchanged(getattr(real, room[1]), ours)})
        return real

    source = Path(found.origin).read_text(encoding="utf-8")
    namespace: dict[str, Any] = {
        "__name__": f"{module}_of_ours",
        "__package__": module.rsplit(".", 1)[0],
        "__file__": found.origin,
        "__builtins__": {**vars(builtins), "__import__": imported},
    }
    exec(compile(source, found.origin, "exec"), namespace)  # noqa: S102 - SciPy's own, installed tests
    return namespace


def chosen(namespace: dict[str, Any], names: set[str], without: tuple[str, ...] = ()) -> dict[str, Any]:
    """The test classes and functions of a module that name one of the functions, directly or through a helper.

    Methods that do not, and those named in `without`, are taken out of their classes.
    """
    tree = ast.parse(Path(namespace["__file__"]).read_text(encoding="utf-8"))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    methods = {node.name: [each for each in node.body if isinstance(each, ast.FunctionDef)] for node in classes}
    mentions = {node.name: _names_in(node) for node in (*functions, *(each for of in methods.values() for each in of))}
    reached = set(names)
    while more := {name for name, said in mentions.items() if said & reached} - reached:
        reached |= more
    for owner, own in methods.items():
        for method in own:
            aside = method.name in without or not _names_in(method) & reached
            if method.name.startswith("test") and aside:
                delattr(namespace[owner], method.name)
    tests = [node.name for node in functions if node.name.startswith("test") and node.name in reached]
    return {name: namespace[name] for name in (*tests, *(owner for owner in methods if owner.startswith("Test")))}


def _names_in(node: ast.AST) -> set[str]:
    """Every bare name and every attribute in a piece of code."""
    found = set()
    for each in ast.walk(node):
        if isinstance(each, ast.Name):
            found.add(each.id)
        elif isinstance(each, ast.Attribute):
            found.add(each.attr)
    return found
