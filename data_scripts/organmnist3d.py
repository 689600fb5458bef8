"""OrganMNIST3D: 1742 small CT volumes of eleven organs, 28 x 28 x 28.

    python data_scripts/organmnist3d.py DIR                  # 33 MB; then DIR/volumes/train|val|test/ORGAN/0001.nii.gz
    python data_scripts/organmnist3d.py DIR --mirror FOLDER  # from a copy: a folder or an address

The volumes were cut from 131 scans of LiTS; which scan is not told: nothing but the official parts keeps scans apart.
The numbers are 0 to 255, not HU, and the axes lie as the data set has them.

Source: Yang et al. (2023), MedMNIST v2, doi:10.1038/s41597-022-01721-8; MD5 as in medmnist.
"""

import shutil
from pathlib import Path

import numpy as np

from sigconv.errors import FormatError, MissingExtra
from sigconv.loaders.fetch import Dataset, File
from sigconv.recipe.fetch import run

ORGANS = (
    "liver", "kidney-right", "kidney-left", "femur-right", "femur-left", "bladder", "heart", "lung-right", "lung-left",
    "spleen", "pancreas",
)  # fmt: skip


def tidy(folder: Path) -> None:
    """Turn the arrays into NIfTI files in class folders, all of them or none."""
    target, part = folder / "volumes", folder / ".volumes.part"
    if target.is_dir():
        return
    try:
        import nibabel
    except ImportError as error:
        raise MissingExtra("nibabel", "volume") from error
    shutil.rmtree(part, ignore_errors=True)
    with np.load(folder / "organmnist3d.npz", allow_pickle=False) as arrays:
        for which in ("train", "val", "test"):
            images, labels = arrays[f"{which}_images"], arrays[f"{which}_labels"].ravel()
            if images.ndim != 4 or images.dtype != np.uint8 or len(images) != len(labels) or labels.max() > 10:
                raise FormatError(f"{folder}: {which} is {images.shape} {images.dtype}; expected (n, 28, 28, 28) uint8")
            for number, (image, label) in enumerate(zip(images, labels, strict=True)):
                path = part / which / ORGANS[int(label)] / f"{number:04d}.nii.gz"
                path.parent.mkdir(parents=True, exist_ok=True)
                nibabel.save(nibabel.Nifti1Image(image, np.eye(4)), path)
    part.rename(target)


DATASET = Dataset(
    name="organmnist3d",
    title="OrganMNIST3D: small CT volumes of eleven organs, 28 x 28 x 28",
    licence="""licence: CC BY 4.0, https://medmnist.com
cite: Yang et al. (2023), MedMNIST v2, doi:10.1038/s41597-022-01721-8;
Bilic et al. (2023), LiTS, doi:10.1016/j.media.2022.102680""",
    home="https://zenodo.org/records/10519652/files",
    files=(File("organmnist3d.npz", "md5:21f0a239e7f502e6eca33c3fc453c0b6"),),
    tidy=tidy,
)

if __name__ == "__main__":
    run(DATASET)
