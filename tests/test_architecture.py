"""The house is as DESIGN says: who imports whom, how long files are, what the library never does."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "sigconv"
FILES = sorted(PACKAGE.rglob("*.py"))

MAY_IMPORT = {
    "errors": set(),
    "units": {"errors"},
    "signal": {"errors", "units"},
    "space": {"errors", "signal"},
    "files": set(),
    "core": {"errors"},
    "filters": {"errors", "units", "signal", "space", "files", "core"},
    "loaders": {"errors", "units", "signal", "space", "files"},
    "windows": {"errors", "signal", "core"},
    "nets": {"errors", "core"},
    "train": {"errors", "signal", "files", "core", "windows", "nets"},
    "report": {"errors", "units", "signal", "core", "windows", "nets"},
    "__main__": {"command"},
    "command": {"recipe"},
    "recipe": {
        "errors",
        "units",
        "signal",
        "space",
        "files",
        "core",
        "filters",
        "loaders",
        "windows",
        "nets",
        "train",
        "report",
    },
}


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_rooms(tree: ast.AST) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            module = node.module or ""
            assert node.level == 0, "write absolute imports"
            if module == "sigconv":
                found |= {alias.name for alias in node.names}
            elif module.startswith("sigconv."):
                found.add(module.split(".")[1])
        elif isinstance(node, ast.Import):
            assert all(alias.name != "sigconv" for alias in node.names), "name the room"
            found |= {alias.name.split(".")[1] for alias in node.names if alias.name.startswith("sigconv.")}
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_room_imports_only_what_the_table_allows(path):
    if path == PACKAGE / "__init__.py":
        return
    here = room(path)
    tree = ast.parse(path.read_text())
    strangers = imported_rooms(tree) - MAY_IMPORT[here] - {here, "__version__"}
    assert not strangers, f"{path.relative_to(ROOT)} imports {sorted(strangers)}; {here} may import {MAY_IMPORT[here]}"


def test_no_file_is_longer_than_400_lines():
    every = [*FILES, *(ROOT / "tests").rglob("*.py"), *(ROOT / "data_scripts").rglob("*.py")]
    long = {str(p.relative_to(ROOT)): n for p in every if (n := len(p.read_text().splitlines())) > 400}
    assert not long


def test_no_function_is_longer_than_60_lines():
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and node.end_lineno - node.lineno >= 60
    ]
    assert not long


def reads_weights_alone(path: Path, call: ast.Call) -> bool:
    """Whether this is the one call of torch's restricted reader, which builds tensors and executes nothing."""
    keywords = {k.arg: k.value.value for k in call.keywords if isinstance(k.value, ast.Constant)}
    return path == PACKAGE / "nets" / "weights.py" and keywords.get("weights_only") is True


def test_the_library_never_prints_runs_as_a_script_or_executes_data():
    forbidden = {"print", "eval", "exec"}
    loaders = {("pickle", "load"), ("pickle", "loads"), ("torch", "load"), ("yaml", "load")}
    for path in FILES:
        text = path.read_text()
        where = path.relative_to(ROOT)
        assert "__main__" not in text, where
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call):
                name = node.func.id if isinstance(node.func, ast.Name) else ""
                assert name not in forbidden, f"{where}:{node.lineno} calls {name}"
                if isinstance(node.func, ast.Attribute):
                    assert node.func.attr != "extractall", f"{where}:{node.lineno}"
                    if isinstance(node.func.value, ast.Name) and not reads_weights_alone(path, node):
                        assert (node.func.value.id, node.func.attr) not in loaders, f"{where}:{node.lineno}"


def test_only_native_names_compiled_kernels():
    """numba, BLAS and FFT back ends are named in core/native alone (core's FFT goes through the array API)."""
    for path in (PACKAGE / "core").rglob("*.py"):
        if "native" not in path.parts:
            assert not re.search(r"^\s*(import|from) (numba|torch)", path.read_text(), re.M), path


def test_no_room_is_called_utils():
    vague = {"utils", "helpers", "common", "base", "misc", "tools"}
    assert not [path for path in FILES if path.stem in vague]


def test_every_public_function_and_class_has_a_docstring():
    bare = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in FILES
        for node in ast.parse(path.read_text()).body
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_")
        if not ast.get_docstring(node)
    ]
    assert not bare
