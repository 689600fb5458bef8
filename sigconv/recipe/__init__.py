"""Recipes: the whole trip in one text file, and the command line; loaded when first used."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sigconv.recipe.config import as_toml, names, read
    from sigconv.recipe.lines import predict, run
    from sigconv.recipe.tables import Recipe

_HOMES = {"Recipe": "tables", "predict": "lines", "run": "lines"}

__all__ = ["Recipe", "as_toml", "names", "predict", "read", "run"]


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"sigconv.recipe.{_HOMES.get(name, 'config')}"), name)
