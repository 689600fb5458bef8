"""A recipe: TOML text and `key=value` overrides, validated; an error names key, file, line and the nearest key."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from sigconv import units
from sigconv.errors import RecipeError, SamplingError, nearest


def _quantity(unit: str) -> BeforeValidator:
    def parse(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float, str)):
            raise ValueError(f"expected a quantity such as '1 {unit}'")
        try:
            return units.parse(value, unit)
        except SamplingError as error:
            raise ValueError(str(error)) from error

    return BeforeValidator(parse)


Hertz = Annotated[float, _quantity("Hz")]
Seconds = Annotated[float, _quantity("s")]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Run(_Table):
    """[run] seeds, each trains every fold once."""

    seeds: list[Annotated[int, Field(ge=0)]] = Field(default=[0], min_length=1)

    @field_validator("seeds")
    @classmethod
    def _each_once(cls, seeds: list[int]) -> list[int]:
        if len(set(seeds)) < len(seeds):
            raise ValueError("each seed once")
        return seeds


class Made(_Table):
    """[data.made] how much EEG to make up when no path is given."""

    subjects: int = Field(default=6, ge=1, le=1000)
    trials: int = Field(default=40, ge=4, le=10000)
    seed: int = Field(default=0, ge=0)


class Data(_Table):
    """[data] where recordings come from. `files` and `events` replace those of the task."""

    path: str = ""
    task: str = ""
    group: Literal["auto", "subject", "recording"] = "auto"
    files: list[str] = []
    events: dict[str, str] = {}
    made: Made = Made()


class Task(_Table):
    """[tasks.NAME] glob patterns of files and event label -> class."""

    files: list[str] = ["*"]
    events: dict[str, str]


class Filter(_Table):
    """[filter] pass band in hertz and the shrinkage of the alignment (0: none)."""

    low: Hertz
    high: Hertz
    align: float = Field(default=0.0, ge=0, le=1)


class Window(_Table):
    """[window] seconds after the event."""

    start: Seconds
    stop: Seconds


class NetText(_Table):
    """[net] the architecture."""

    text: str


class Train(_Table):
    """[train] see sigconv.train.Settings."""

    epochs: int = Field(default=60, ge=1)
    batch: int = Field(default=16, ge=2)
    rate: float = Field(default=1e-3, gt=0)
    conv_rate: float = Field(default=1e-3, ge=0)
    weight_decay: float = Field(default=0.01, ge=0)
    label_smoothing: float = Field(default=0.0, ge=0, lt=1)
    start: Literal["random", "csp"] = "random"


class Baseline(_Table):
    """[baseline] CSP + LDA on its own window."""

    components: int = Field(default=6, ge=1)
    start: Seconds
    stop: Seconds


class Recipe(_Table):
    """A whole recipe."""

    title: str
    domain: Literal["eeg"]
    run: Run = Run()
    data: Data = Data()
    tasks: dict[str, Task] = {}
    filter: Filter
    window: Window
    net: NetText
    train: Train = Train()
    baseline: Baseline


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
    try:
        return Recipe.model_validate(values)
    except ValidationError as error:
        raise RecipeError(_explain(error, path, text, {".".join(keys) for keys, _ in given})) from None


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


def _explain(error: ValidationError, path: Path, text: str, given: set[str]) -> str:
    lines = []
    for problem in error.errors(include_url=False):
        keys = [str(part) for part in problem["loc"]]
        key = ".".join(keys)
        told = any(f"{key}.".startswith(f"{one}.") or one.startswith(f"{key}.") for one in given)
        where = "on the command line" if told else _line(path, text, keys)
        if problem["type"] == "extra_forbidden":
            known = _known(keys[:-1])
            lines.append(f"{where}: unknown key {key!r}{nearest(keys[-1], known)}; known here: {', '.join(known)}")
        elif problem["type"] == "missing":
            lines.append(f"{path}: the key {key!r} is missing")
        else:
            said = problem["msg"].removeprefix("Value error, ")
            lines.append(f"{where}: {key} is {problem['input']!r}: {said[0].lower()}{said[1:]}")
    return "\n".join(lines)


def _known(keys: Sequence[str]) -> list[str]:
    model: Any = Recipe
    for key in keys:
        kept = model.model_fields.get(key) if hasattr(model, "model_fields") else None
        model = kept.annotation if kept else Task
        model = Task if model == dict[str, Task] else model
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


def as_toml(recipe: Recipe) -> str:
    """The resolved recipe as TOML text that `read` takes back."""
    lines: list[str] = []
    _table_lines(recipe.model_dump(), [], lines)
    return "\n".join(lines).lstrip("\n") + "\n"


def _table_lines(values: Mapping[str, Any], keys: list[str], lines: list[str]) -> None:
    tables = {k: v for k, v in values.items() if isinstance(v, dict)}
    if keys and (len(tables) < len(values) or not values):
        lines.append(f"\n[{'.'.join(_key(k) for k in keys)}]")
    lines.extend(f"{_key(k)} = {_value(v)}" for k, v in values.items() if k not in tables)
    for key, inner in tables.items():
        _table_lines(inner, [*keys, key], lines)


def _key(text: str) -> str:
    return text if re.fullmatch(r"[A-Za-z0-9_-]+", text) else _value(text)


def _value(value: Any) -> str:
    import json

    if isinstance(value, list):
        return "[" + ", ".join(_value(v) for v in value) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return json.dumps(value)
