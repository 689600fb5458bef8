"""Images in an HDF5 table: a group for each part, with `data` and `target`, a row for each image."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from sigconv.errors import FormatError, MissingExtra
from sigconv.loaders import guarded, kept
from sigconv.loaders.collections.class_folders import PARTS
from sigconv.loaders.collections.collection import Collection
from sigconv.loaders.recording import Recording
from sigconv.signal import Axis, Box

SUFFIXES = (".h5", ".hdf5")
_SECONDS = 16  # of computing: a table of some 100 MB, compressed

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Row:
    """The pixels of one image of a table, read when called; the table stays in memory once it was read."""

    path: Path
    version: kept.Key
    part: int
    number: int

    def __call__(self, box: Box, rows: Sequence[int]) -> Array:
        """(row, y, x) array of the box ((first, last), (first, last))."""
        (first, last), (left, right) = box
        data = kept.once(("hdf5 images", self.version, self.part), self._table)
        return data[None, self.number, first:last, left:right][list(rows)]

    def _table(self) -> Array:
        if kept.version(self.path) != self.version:
            raise FormatError(f"{self.path}: the file has changed since it was opened; open it again")
        return _read(self.path)[1][2 * self.part]


@dataclass(frozen=True)
class Rows:
    """What opens the images of a table by name; it goes along to worker processes.

    path : the file;  version : of it;  places : name of a part -> its number and the (y, x) of its images
    """

    path: Path
    version: kept.Key
    places: dict[str, tuple[int, tuple[int, int]]]

    def __call__(self, name: str) -> Recording:
        """The picture of that name, "train/00012"."""
        part, _, number = name.rpartition("/")
        place, (height, width) = self.places[part]
        axes = (Axis.channel(["grey"]), Axis("y", height), Axis("x", width))
        notes = {"domain": "image", "path": str(self.path), "name": name}
        return Recording(axes, Row(self.path, self.version, place, int(number)), notes=notes)


def hdf5_images(path: str | Path) -> Collection:
    """The grey images of an HDF5 file with groups such as train and test: `data` (N, pixels), `target` (N,).

    The file is decoded in a child process, where a damaged one does no harm.

    Parameters
    ----------
    path : data is (N, y, x) or (N, a square number of pixels), uint8 or floats from 0 to 1; target whole numbers

    Returns
    -------
    Collection named "train/00000", …, with the fields label, and part where the groups are called train, val, test

    Raises
    ------
    FormatError : no HDF5, damaged, or of another layout (what was found is named)
    ResourceError : more than SIGCONV_MOST_BYTES
    MissingExtra : h5py is not installed

    >>> import tempfile
    >>> import h5py
    >>> path = Path(tempfile.mkdtemp()) / "two.h5"
    >>> with h5py.File(path, "w") as file:
    ...     for part in ("train", "test"):
    ...         _ = file.create_dataset(f"{part}/data", data=np.zeros((2, 16), np.float32))
    ...         _ = file.create_dataset(f"{part}/target", data=[0, 1])
    >>> found = hdf5_images(path)
    >>> found.labels, found.parts[0], found[0].shape
    (('0', '1', '0', '1'), 'test', (1, 4, 4))
    """
    path = Path(path)
    if find_spec("h5py") is None:
        raise MissingExtra("h5py", "image")
    version = kept.version(path)
    parts, arrays = _read(path)
    names: list[str] = []
    labels: list[str] = []
    told: list[str] = []
    places = {}
    for number, (part, data, target) in enumerate(zip(parts, arrays[::2], arrays[1::2], strict=True)):
        kept.keep(("hdf5 images", version, number), data)
        places[part] = (number, (data.shape[1], data.shape[2]))
        names.extend(f"{part}/{row:05d}" for row in range(len(data)))
        labels.extend(map(str, target.tolist()))
        told.extend([part] * len(data))
    fields = {"label": tuple(labels)} | ({"part": tuple(told)} if all(p.lower() in PARTS for p in parts) else {})
    return Collection(tuple(names), Rows(path, version, places), fields)


def _read(path: Path) -> tuple[list[str], list[Array]]:
    """The names of the parts, and pixels and labels of each in turn."""
    facts, arrays = guarded.call(path, "hdf5 images", {}, result=0, seconds=_SECONDS)
    return list(facts["names"]), arrays
