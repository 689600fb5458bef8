"""CIFAR-10: 50 000 and 10 000 colour images of ten classes, 32 x 32.

    python data_scripts/cifar10.py DIR                       # 170 MB; then DIR/cifar10.zip: train|test/CLASS/00001.png
    python data_scripts/cifar10.py DIR --mirror FOLDER       # from a copy: a folder or an address

The binary version is taken: that for Python is a pickle.

Source: Krizhevsky (2009), Learning multiple layers of features from tiny images; MD5 c32a1d4ab5d03f1284b67883e8d87530.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from sigconv.errors import FormatError
from sigconv.loaders.fetch import Dataset, File
from sigconv.loaders.tidy import images_as_zip, unpacked
from sigconv.recipe.fetch import run

ARCHIVE = "cifar-10-binary.tar.gz"
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
ROW = 1 + 3 * 32 * 32  # a label, then the red, green and blue pixels row by row


def tidy(folder: Path) -> None:
    """Turn the binary batches into one zip of PNG files in class folders."""
    unpacked(folder / ARCHIVE, folder / "batches", most=400_000_000)
    images_as_zip(folder / "cifar10.zip", _images(folder / "batches" / "cifar-10-batches-bin"))


def _images(folder: Path) -> Iterator[tuple[str, "np.ndarray"]]:
    for part, names in (("train", [f"data_batch_{n}" for n in range(1, 6)]), ("test", ["test_batch"])):
        number = 0
        for name in names:
            content = (folder / f"{name}.bin").read_bytes()
            if len(content) % ROW:
                raise FormatError(f"{folder / name}.bin: {len(content)} bytes; expected whole rows of {ROW}")
            for row in np.frombuffer(content, np.uint8).reshape(-1, ROW):
                if row[0] >= len(CLASSES):
                    raise FormatError(f"{folder / name}.bin: image {number} has label {row[0]}; expected 0 to 9")
                yield f"{part}/{CLASSES[row[0]]}/{number:05d}.png", row[1:].reshape(3, 32, 32).transpose(1, 2, 0)
                number += 1


DATASET = Dataset(
    name="cifar10",
    title="CIFAR-10: colour images of ten classes, 32 x 32",
    licence="""licence: none stated by its author
cite: Krizhevsky (2009), Learning multiple layers of features from tiny images, https://www.cs.toronto.edu/~kriz/cifar.html""",
    home="https://www.cs.toronto.edu/~kriz",
    files=(File(ARCHIVE, "sha256:c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd", 170_052_171),),
    tidy=tidy,
)

if __name__ == "__main__":
    run(DATASET)
