"""Tables of small images in HDF5 decoded; only the guarded child process imports this module."""

from math import isqrt
from typing import Any

import h5py
import numpy as np

from sigconv.errors import FormatError

Array = np.ndarray[Any, Any]


def tables(path: str) -> tuple[dict[str, Any], list[Array]]:
    """Every group with "data" and "target": the groups' names, and of each (N, y, x) pixels and (N,) labels.

    Raises
    ------
    FormatError : no HDF5, no such group, links that lead elsewhere, or arrays of other shapes and kinds
    """
    try:
        with h5py.File(path, "r") as file:
            names = [name for name in file if _is_table(file, name)]
            if not names:
                raise FormatError(
                    f"{path}: looked for groups such as train and test that hold 'data' and 'target'; found "
                    f"{', '.join(list(file)[:5]) or 'nothing'}"
                )
            arrays = [array for name in names for array in _table(path, name, file[name])]
    except (OSError, RuntimeError, ValueError, KeyError) as error:
        raise FormatError(f"{path}: cannot be read as HDF5: {' '.join(str(error).split())[:300]}") from error
    return {"names": names}, arrays


def _is_table(file: Any, name: str) -> bool:
    here = isinstance(file.get(name, getlink=True), h5py.HardLink)
    return here and isinstance(file[name], h5py.Group) and {"data", "target"} <= set(file[name])


def _table(path: str, name: str, group: Any) -> tuple[Array, Array]:
    data, target = (_own(path, f"{name}/{part}", group, part) for part in ("data", "target"))
    side = isqrt(data.shape[1]) if data.ndim == 2 else 0
    if data.ndim == 2 and side * side == data.shape[1]:
        data = data.reshape(len(data), side, side)
    if data.ndim != 3 or 0 in data.shape or target.shape != (len(data),):
        raise FormatError(
            f"{path}: {name} holds data of shape {data.shape} and target of shape {target.shape}; expected (N, y, x) "
            "or (N, a square number of pixels), and (N,)"
        )
    if data.dtype != np.uint8 and not (data.dtype.kind == "f" and data.min() >= 0 and data.max() <= 1):
        raise FormatError(f"{path}: {name}/data holds {data.dtype}; expected uint8, or floats from 0 to 1")
    if target.dtype.kind not in "iu":
        raise FormatError(f"{path}: {name}/target holds {target.dtype}; expected whole numbers")
    return data if data.dtype == np.uint8 else data.astype(np.float32), target.astype(np.int64)


def _own(path: str, told: str, group: Any, part: str) -> Array:
    """An array that lies in this file itself."""
    found = group[part] if isinstance(group.get(part, getlink=True), h5py.HardLink) else None
    if not isinstance(found, h5py.Dataset) or found.external or found.is_virtual:
        raise FormatError(f"{path}: {told} is no array of this file; one that lies elsewhere is not read")
    if found.dtype.kind not in "fiu":
        raise FormatError(f"{path}: {told} holds {found.dtype}; expected numbers")
    return np.asarray(found[()])
