"""A recipe: TOML text and `key=value` overrides, validated; an error names key, file, line and the nearest key."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import ValidationError

from sigconv.errors import FormatError, RecipeError, nearest
from sigconv.recipe import lines
from sigconv.recipe.tables import Recipe, Table


def folder() -> Path:
    """Where the recipes that came with sigconv lie: inside the wheel, or beside the package in a clone."""
    inside = Path(__file__).parent.parent / "recipes"
    return inside if inside.is_dir() else Path(__file__).parent.parent.parent / "recipes"


def names() -> list[str]:
    """The names of the recipes that came with sigconv."""
    return sorted(path.parent.name for path in folder().glob("*/recipe.toml"))


def find(name: str) -> Path:
    """The file of a recipe given by name, by its TOML file, or by the folder that holds recipe.toml."""
    if name in names():
        return folder() / name / "recipe.toml"
    path = Path(name)
    if path.is_dir() and (path / "recipe.toml").is_file():
        return path / "recipe.toml"
    if path.is_file() and path.suffix == ".toml":
        return path
    raise RecipeError(
        f"there is no recipe {name!r}{nearest(name, names())}; there are: {', '.join(names())}; or a .toml file"
    )


def read(name: str, overrides: Sequence[str] = ()) -> Recipe:
    """A recipe with overrides such as "train.epochs=40" laid over it.

    Parameters
    ----------
    name : name of a shipped recipe, or a path to a .toml file
    overrides : "key.key=value"; the value is TOML, or else taken as text

    Raises
    ------
    RecipeError : not TOML, an unknown key (with the nearest), a value of the wrong type or outside its range

    >>> read("eeg_motor_imagery", ["train.epochs=40"]).train.epochs
    40
    """
    path = find(name)
    try:
        text = path.read_text(encoding="utf-8")
        values = tomllib.loads(text)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RecipeError(f"{path}: not TOML: {error}") from error
    given = [_override(each) for each in overrides]
    for keys, value in given:
        _lay(values, keys, value)
    model = _tables(values, path, text)
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise RecipeError(_explain(error, model, path, text, {".".join(keys) for keys, _ in given})) from None


def _tables(values: Mapping[str, Any], path: Path, text: str) -> type[Recipe]:
    """The tables that a recipe of this kind and domain has."""
    kind, domain = values.get("kind", "classify"), values.get("domain")
    if domain is None:
        raise RecipeError(f"{path}: the key 'domain' is missing; domains: {', '.join(lines.domains())}")
    for key, value, known in (("kind", kind, lines.kinds()), ("domain", domain, lines.domains(kind))):
        if value not in known:
            where = _line(path, text, [key])
            raise RecipeError(f"{where}: {key} is {value!r}{nearest(str(value), known)}; allowed: {', '.join(known)}")
    return lines.line(kind, domain).tables


def _override(text: str) -> tuple[list[str], Any]:
    key, equals, value = text.partition("=")
    keys = key.strip().split(".")
    if not equals or not all(keys):
        raise RecipeError(f"{text!r} is not an override; write key=value, as in train.epochs=40")
    try:
        return keys, tomllib.loads(f"value = {value}")["value"]
    except (tomllib.TOMLDecodeError, KeyError):
        return keys, value


def _lay(values: dict[str, Any], keys: Sequence[str], value: Any) -> None:
    for depth, key in enumerate(keys[:-1]):
        inner = values.setdefault(key, {})
        if not isinstance(inner, dict):
            raise RecipeError(f"{'.'.join(keys)}: {'.'.join(keys[: depth + 1])} is a value, not a table")
        values = inner
    values[keys[-1]] = value


def _explain(error: ValidationError, model: type[Table], path: Path, text: str, given: set[str]) -> str:
    told_lines = []
    for problem in error.errors(include_url=False):
        keys = [str(part) for part in problem["loc"]]
        key = ".".join(keys)
        told = any(f"{key}.".startswith(f"{one}.") or one.startswith(f"{key}.") for one in given)
        where = "on the command line" if told else _line(path, text, keys)
        if problem["type"] == "extra_forbidden":
            known = _known(model, keys[:-1])
            told_lines.append(f"{where}: unknown key {key!r}{nearest(keys[-1], known)}; known here: {', '.join(known)}")
        elif problem["type"] == "missing":
            told_lines.append(f"{path}: the key {key!r} is missing")
        else:
            said = problem["msg"].removeprefix("Value error, ").replace(" after validation", "")
            if problem["type"] == "list_type":
                one = problem["input"]
                said += (
                    f", in quotes for the shell: '{key}=[{_value(one.strip('[]') if isinstance(one, str) else one)}]'"
                )
            if keys:  # what is wrong between tables names its keys itself
                key += "." if isinstance(problem["input"], Table | dict) else f" is {problem['input']!r}: "
            told_lines.append(f"{where}: {key}{said[0].lower()}{said[1:]}")
    return "\n".join(told_lines)


def _known(model: Any, keys: Sequence[str]) -> list[str]:
    """The keys of the table that `keys` lead to; a table of tables has one model for each of its names."""
    for key in keys:
        if get_origin(model) is dict:
            model = get_args(model)[1]
        else:
            model = model.model_fields[key].annotation
    return list(model.model_fields)


def _line(path: Path, text: str, keys: Sequence[str]) -> str:
    """`file, line n` of a key, by reading the TOML's table headers and keys in order."""
    table: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[\s*([^\[\]]+?)\s*\]", line):
            table = [part.strip().strip("\"'") for part in header[1].split(".")]
            if table == list(keys):
                return f"{path}, line {number}"
        elif entry := re.match(r"\s*([A-Za-z0-9_.\"'-]+)\s*=", line):
            here = [*table, *(part.strip("\"'") for part in entry[1].split("."))]
            if here == list(keys[: len(here)]):
                return f"{path}, line {number}"
    return str(path)


def of_run(made: Path) -> Recipe:
    """The resolved recipe in a run folder.

    Raises
    ------
    FileNotFoundError : the folder has none
    FormatError : it is damaged, or of another version
    """
    if not (made / "recipe.toml").is_file():
        raise FileNotFoundError(f"{made} holds no recipe.toml; give the folder that `sigconv run` printed")
    try:
        return read(str(made / "recipe.toml"))
    except RecipeError as error:
        raise FormatError(f"{error}; was this run made by another version of sigconv?") from error


def as_toml(recipe: Recipe) -> str:
    """The resolved recipe as TOML text that `read` takes back."""
    written: list[str] = []
    _table_lines(recipe.model_dump(exclude_none=True), [], written)
    return "\n".join(written).lstrip("\n") + "\n"


def _table_lines(values: Mapping[str, Any], keys: list[str], written: list[str]) -> None:
    tables = {k: v for k, v in values.items() if isinstance(v, dict)}
    if keys and (len(tables) < len(values) or not values):
        written.append(f"\n[{'.'.join(_key(k) for k in keys)}]")
    written.extend(f"{_key(k)} = {_value(v)}" for k, v in values.items() if k not in tables)
    for key, inner in tables.items():
        _table_lines(inner, [*keys, key], written)


def _key(text: str) -> str:
    return text if re.fullmatch(r"[A-Za-z0-9_-]+", text) else _value(text)


def _value(value: Any) -> str:
    import json

    if isinstance(value, list):
        return "[" + ", ".join(_value(v) for v in value) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return json.dumps(value)
