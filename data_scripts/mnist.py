"""MNIST: 60 000 and 10 000 handwritten digits, 28 x 28.

    python data_scripts/mnist.py DIR                         # 12 MB; then DIR/mnist.zip: train|test/DIGIT/00001.png
    python data_scripts/mnist.py DIR --mirror FOLDER         # from a copy: a folder or an address

Source: LeCun et al. (1998), doi:10.1109/5.726791; MD5 as in torchvision.
"""

import gzip
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from sigconv.errors import FormatError
from sigconv.loaders.fetch import Dataset, File
from sigconv.loaders.tidy import images_as_zip
from sigconv.recipe.fetch import run

PARTS = {"train": "train", "test": "t10k"}
_MOST = 100_000_000  # bytes that one of these files may inflate to


def tidy(folder: Path) -> None:
    """Turn the four IDX files into one zip of PNG files in class folders."""
    images_as_zip(folder / "mnist.zip", _images(folder))


def _images(folder: Path) -> Iterator[tuple[str, "np.ndarray"]]:
    for part, name in PARTS.items():
        images = idx(folder / f"{name}-images-idx3-ubyte.gz", axes=3)
        labels = idx(folder / f"{name}-labels-idx1-ubyte.gz", axes=1)
        for number, (image, label) in enumerate(zip(images, labels.tolist(), strict=True)):
            yield f"{part}/{label}/{number:05d}.png", image


def idx(path: Path, axes: int) -> "np.ndarray":
    """The uint8 array of a gzipped IDX file: a magic number, its shape as big-endian 32-bit numbers, its bytes."""
    with gzip.open(path) as file:
        content = file.read(_MOST)
    head = 4 + 4 * axes
    shape = [int.from_bytes(content[4 * i : 4 * i + 4], "big") for i in range(1, axes + 1)]
    if content[:4] != bytes([0, 0, 8, axes]) or len(content) != head + math.prod(shape):
        raise FormatError(
            f"{path}: {len(content)} bytes that begin with {content[:4]!r}, not an IDX file of {axes} axes"
        )
    return np.frombuffer(content, np.uint8, offset=head).reshape(shape)


DATASET = Dataset(
    name="mnist",
    title="MNIST: handwritten digits, 28 x 28",
    licence="""licence: CC BY-SA 3.0
cite: LeCun, Bottou, Bengio & Haffner (1998), doi:10.1109/5.726791""",
    home="https://ossci-datasets.s3.amazonaws.com/mnist",
    files=(
        File("train-images-idx3-ubyte.gz", "md5:f68b3c2dcbeaaa9fbdd348bbdeb94873"),
        File("train-labels-idx1-ubyte.gz", "md5:d53e105ee54ea40749a09fcbcd1e9432"),
        File("t10k-images-idx3-ubyte.gz", "md5:9fb629c4189551a2d022fa330f9573f3"),
        File("t10k-labels-idx1-ubyte.gz", "md5:ec29112dd5afa0611ce80d1b7f02629c"),
    ),
    tidy=tidy,
)

if __name__ == "__main__":
    run(DATASET)
