"""One small real scan in every volume format, for tests."""

import shutil
from pathlib import Path

import nibabel
import numpy as np

from sigconv import loaders

FORMATS = (".nii", ".nii.gz", ".hdr", ".img", ".nrrd", ".nhdr", ".mha", ".mhd")


def real_scan(real_data: Path) -> Path:
    """A labelled hippocampus: 35 × 51 × 35 voxels of one byte, some kilobytes."""
    return real_data / "msd_hippocampus" / "labels" / "hippocampus_001.nii.gz"


def in_format(scan: Path, suffix: str, folder: Path) -> Path:
    """The scan in a file of that format, the files that belong to it beside it."""
    path = folder / f"scan{suffix}"
    if suffix == ".nii.gz":
        shutil.copy(scan, path)
        path.chmod(0o644)
    elif suffix in (".hdr", ".img"):
        image = nibabel.load(scan)
        pair = nibabel.Nifti1Pair(np.asarray(image.dataobj), image.affine, image.header)
        nibabel.save(pair, folder / "scan.img")
    elif suffix in (".nhdr", ".mhd"):
        _detached(scan, path)
    else:
        loaders.save(loaders.load(scan), path)
    return path


def _detached(scan: Path, path: Path) -> None:
    image = nibabel.load(scan)
    data = np.asarray(image.dataobj)
    (path.parent / "scan.raw").write_bytes(data.tobytes(order="F"))
    sizes, origin = " ".join(map(str, data.shape)), image.affine[:3, 3] * (-1, -1, 1)
    steps = np.linalg.norm(image.affine[:3, :3], axis=0)
    if path.suffix == ".nhdr":
        rows = " ".join(f"({','.join(map(str, row))})" for row in np.diag(steps * (-1, -1, 1)))
        text = f"NRRD0004\n# made by hand\ntype: unsigned char\ndimension: 3\nsizes: {sizes}\nencoding: raw\n"
        text += f"space: left-posterior-superior\nspace directions: {rows}\n"
        text += f"space origin: ({','.join(map(str, origin))})\ndata file: scan.raw\n"
    else:
        text = f"ObjectType = Image\nNDims = 3\nBinaryData = True\nDimSize = {sizes}\nElementType = MET_UCHAR\n"
        text += f"TransformMatrix = -1 0 0 0 -1 0 0 0 1\nOffset = {' '.join(map(str, origin))}\n"
        text += f"ElementSpacing = {' '.join(map(str, steps))}\nElementDataFile = scan.raw\n"
    path.write_text(text)
