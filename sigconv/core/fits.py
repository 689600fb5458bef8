"""Polynomials fitted to windows by least squares, and to what is there of a window with gaps."""

from functools import lru_cache
from itertools import product
from math import comb, perm, prod
from typing import Any, NamedTuple

import numpy as np
from array_api_compat import array_namespace, device, is_torch_array

from sigconv.core.memory import affordable
from sigconv.core.passes import window_sums
from sigconv.errors import ArgumentError

_MOST = 1 << 21  # numbers that lie side by side while windows are fitted one by one


class Fit(NamedTuple):
    """Which polynomial is fitted to which windows, and what of it is wanted.

    windows : samples along each axis, odd;  polyorder : the highest sum of powers
    derivs : the derivative along each axis;  delta : the step between samples
    powers : (terms, axes);  terms : (samples, terms) of the window, on places from -1 to 1
    """

    windows: tuple[int, ...]
    polyorder: int
    derivs: tuple[int, ...]
    delta: float
    powers: Any
    terms: Any

    def wanted(self, places: Any) -> Any:
        """(n, terms): the derivative of each term at places (n, axes), counted in samples from the window's first."""
        halves = np.maximum(np.array(self.windows) // 2, 1)
        t = (np.asarray(places) - np.array(self.windows) // 2) / halves
        values = np.ones((len(t), len(self.powers)))
        for axis, d in enumerate(self.derivs):
            for term, power in enumerate(self.powers[:, axis]):
                factor = perm(power, d) / (self.delta * halves[axis]) ** d if d <= power else 0
                values[:, term] *= factor * t[:, axis] ** max(power - d, 0)
        return values

    def weights(self, places: Any, there: Any) -> Any:
        """(n, samples): what each sample counts for, of windows of which `there` (n, samples) is there.

        NaN where fewer samples are there than the polynomial has terms.
        """
        solve = np.linalg.pinv(self.terms * there[:, :, None])
        found = np.einsum("nt,nts->ns", self.wanted(places), solve)
        found[there.sum(axis=1) < len(self.powers)] = np.nan
        return found

    def middle(self) -> Any:
        """The kernel, to correlate with, that gives what is wanted in the middle of a whole window."""
        return _middle(self)

    def all_places(self) -> Any:
        """(window, window): row p holds the weights for place p of a whole window along one axis."""
        window = self.windows[0]
        affordable(f"window_length is {window}, which takes the weights of the ends", 2 * window**2)
        return _every_place(self)

    def __hash__(self) -> int:
        return hash(self[:4])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fit) and self[:4] == other[:4]


@lru_cache(64)
def fit(windows: tuple[int, ...], polyorder: int, derivs: tuple[int, ...], delta: float) -> Fit:
    """The fit of all polynomials whose powers add up to at most `polyorder`.

    >>> fit((3,), 1, (0,), 1.0).middle().round(3)
    array([0.333, 0.333, 0.333])
    """
    terms = comb(polyorder + len(windows), len(windows))
    affordable(f"window_length is {windows} and polyorder {polyorder}, which takes the fit", 4 * prod(windows) * terms)
    with np.errstate(over="ignore", under="ignore"):
        units = [np.float64(delta * max(w // 2, 1)) ** min(d, polyorder) for w, d in zip(windows, derivs, strict=True)]
    if not all(0 < unit < np.inf for unit in units):
        raise ArgumentError(f"delta is {delta} with deriv {derivs}; delta to that power is 0 or not finite")
    powers = np.array([p for p in product(range(polyorder + 1), repeat=len(windows)) if sum(p) <= polyorder])
    lines = [(np.arange(w) - w // 2) / max(w // 2, 1) for w in windows]
    grid = np.stack([t.ravel() for t in np.meshgrid(*lines, indexing="ij")], axis=1)
    return Fit(windows, polyorder, derivs, delta, powers, np.prod(grid[:, None, :] ** powers, axis=2))


@lru_cache(64)
def _solved(how: Fit) -> Any:
    """The least-squares solution of a whole window."""
    return np.linalg.pinv(how.terms)


@lru_cache(64)
def _middle(how: Fit) -> Any:
    return (how.wanted([[w // 2 for w in how.windows]]) @ _solved(how)).reshape(how.windows)


@lru_cache(64)
def _every_place(how: Fit) -> Any:
    return how.wanted(np.arange(how.windows[0])[:, None]) @ _solved(how)


def fitted(x: Any, there: Any, how: Fit, axes: tuple[int, ...], which: Any, y: Any, *, inside: bool) -> Any:
    """y with the outputs of windows that are not like the others fitted one by one.

    x : array or tensor, zeros in the gaps;  there : boolean NumPy array alike, None if nothing is missing
    which : boolean NumPy array shaped like y, or None for the windows with gaps
    inside : window n lies around sample n and is shifted to lie inside x; else it begins at sample n of the longer x
    """
    xp = array_namespace(x)
    if which is None:
        which = _with_gaps(~there, how.windows, axes, inside)
    at = np.nonzero(which)
    if not len(at[0]):
        return y
    starts, places = list(at), np.empty((len(at[0]), len(axes)), np.int64)
    for i, (axis, window) in enumerate(zip(axes, how.windows, strict=True)):
        if inside:
            starts[axis] = np.clip(at[axis] - window // 2, 0, x.shape[axis] - window)
        places[:, i] = at[axis] - starts[axis] if inside else window // 2
    steps = np.array([prod(x.shape[axis + 1 :]) for axis in range(x.ndim)])
    base = sum(start * step for start, step in zip(starts, steps, strict=True))
    reach = np.indices(how.windows).reshape(len(axes), -1).T @ steps[list(axes)]
    flat = xp.reshape(x, (-1,))
    many = max(1, _MOST // how.terms.size)
    parts = []
    for first in range(0, len(places), many):
        seen = base[first : first + many, None] + reach
        known = np.ones(seen.shape, bool) if there is None else there.reshape(-1)[seen]
        found = _weights(how, places[first : first + many], known)
        few = np.isnan(found).any(axis=1)
        found[few] = 0  # a gradient through a NaN would be NaN for every sample of the window
        weights = xp.asarray(found, dtype=x.dtype, device=device(x))
        samples = xp.reshape(xp.take(flat, xp.asarray(seen.reshape(-1), device=device(x))), seen.shape)
        values = xp.sum(samples * weights, axis=1)
        parts.append(xp.where(xp.asarray(few, device=device(x)), xp.full_like(values, xp.nan), values))
    values = xp.concat(parts)
    if is_torch_array(y):
        place = xp.asarray(np.flatnonzero(which), device=device(x))
        return y.reshape(-1).index_copy(0, place, values).reshape(y.shape)
    y = np.array(y)
    y[which] = values
    return y


def _with_gaps(missing: Any, windows: tuple[int, ...], axes: tuple[int, ...], inside: bool) -> Any:
    """Which outputs see something that is missing."""
    for axis, window in zip(axes, windows, strict=True):
        missing = window_sums(missing.astype(np.int32), window, axis) > 0
        if inside:
            wide = [(0, 0)] * missing.ndim
            wide[axis] = (window // 2, window // 2)
            missing = np.pad(missing, wide, mode="edge")
    return missing


def _weights(how: Fit, places: Any, there: Any) -> Any:
    """(n, samples): the weights of windows, each pattern of gaps solved once."""
    keys = np.ascontiguousarray(
        np.concatenate([np.packbits(there, axis=1), places.astype("<i4").view(np.uint8)], axis=1)
    )
    rows = keys.view(np.dtype((np.void, keys.shape[1]))).reshape(-1)
    _, one, which = np.unique(rows, return_index=True, return_inverse=True)
    return how.weights(places[one], there[one])[which]
