"""Every error that sigconv raises on purpose.

    SigconvError
    ├── ArgumentError   an argument is outside what is allowed (also a ValueError)
    ├── ShapeError      an array has the wrong number or length of axes (also a ValueError)
    ├── SamplingError   rates, steps or units do not fit together (also a ValueError)
    ├── FormatError     a file is damaged or not what its name says
    ├── FetchError      an address gives no file, or another one (of loaders.fetch; also a ConnectionError)
    ├── SplitError      training and test data would share a group, or one of them would be empty
    ├── NotationError   an architecture text cannot be read (with the column)
    ├── RecipeError     a recipe key or value is wrong (with file, line and the nearest key)
    ├── ResourceError   the work would need more memory or disk than allowed (with both numbers)
    └── MissingExtra    a package of an optional extra is not installed (also an ImportError)

A message names the argument, what was given, what is allowed and what to do. Bad paths raise Python's own OSError.
"""

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Any


class SigconvError(Exception):
    """The root of the tree: catch it to catch them all."""

    def __reduce__(self) -> tuple[Callable[..., Exception], tuple[Any, ...], dict[str, Any]]:
        # Python would give the finished message to __init__ again, which takes other arguments in some of these
        return _again, (type(self), self.args), vars(self)


def _again(kind: type[Exception], args: tuple[Any, ...]) -> Exception:
    """The error as it was in the process that raised it."""
    return kind.__new__(kind, *args)


class ArgumentError(SigconvError, ValueError):
    """An argument is outside what is allowed."""


class ShapeError(SigconvError, ValueError):
    """An array has the wrong number or length of axes."""


class SamplingError(SigconvError, ValueError):
    """Rates, steps or units do not fit together."""


class FormatError(SigconvError):
    """A file is damaged or not what its name says: path, field or byte offset, what was found and expected."""


class SplitError(SigconvError, ValueError):
    """Training and test data would share a group, or one of them would be empty."""


class NotationError(SigconvError, ValueError):
    """An architecture text cannot be read; the message draws the text with a caret below the column.

    Attributes
    ----------
    text : str, the whole architecture text
    column : int, 0-based position of the offending character
    """

    def __init__(self, message: str, text: str, column: int) -> None:
        self.text = text
        self.column = column
        super().__init__(f"{message}\n  {text}\n  {' ' * column}^")


class RecipeError(SigconvError):
    """A recipe key or value is wrong: file, line and the nearest known key."""


class ResourceError(SigconvError):
    """The work would need more memory or disk than allowed; the message has both numbers."""


class MissingExtra(SigconvError, ImportError):  # noqa: N818 - the name says what to install
    """A package that an optional extra brings is not installed."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f"{package} is not installed; it comes with: pip install 'sigconv[{extra}]'")


def one_of(argument: str, given: object, allowed: Iterable[str]) -> str:
    """`given` if it is one of `allowed`, else an ArgumentError that lists them and names the nearest.

    >>> one_of("mode", "same", ("full", "same"))
    'same'
    """
    names = list(allowed)
    if isinstance(given, str) and given in names:
        return given
    raise ArgumentError(f"{argument} is {given!r}{nearest(str(given), names)}; allowed: {', '.join(names)}")


def one_number(argument: str, given: object, allowed: str) -> float:
    """`given` as a float if it is one real number, else an ArgumentError that names the argument.

    >>> one_number("alpha", 1, "above 0 and at most 1")
    1.0
    """
    try:
        if isinstance(given, str | bytes | bool):
            raise TypeError
        return float(given)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError, RuntimeError):
        raise ArgumentError(f"{argument} is {given!r}; it is one number, {allowed}") from None


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint ` (did you mean 'x'?)` for a misspelt word, or nothing.

    >>> nearest("trian", ["train", "data"])
    " (did you mean 'train'?)"
    """
    close = get_close_matches(word, list(known), n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""
