"""Recipes: the whole trip in one text file, and the command line; loaded when first used."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sigconv.recipe.config import Recipe, as_toml, names, read
    from sigconv.recipe.predict import predict
    from sigconv.recipe.run import run

__all__ = ["Recipe", "as_toml", "names", "predict", "read", "run"]


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = {"run": "run", "predict": "predict"}.get(name, "config")
    return getattr(import_module(f"sigconv.recipe.{home}"), name)
