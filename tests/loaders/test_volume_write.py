"""A mask goes back onto the grid of its scan, whatever that is and whatever the format."""

import gzip
from pathlib import Path

import nibabel
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigconv import loaders, space
from sigconv.errors import ArgumentError, FormatError, SamplingError
from sigconv.loaders.volume import write as volume_write
from sigconv.signal import Axis, Signal
from tests.loaders.test_geometry import any_affine, signal_of

WRITTEN = (".nii", ".nii.gz", ".nrrd", ".mha")


def mask_of(scan: Signal) -> Signal:
    return scan.with_data((scan.data > scan.data.mean()).astype(np.uint8), unit="")


def same_header(theirs: Path, ours: Path) -> None:
    """Shape, affine, both codes, the qform and the units are those of the original file."""
    one, other = nibabel.load(theirs), nibabel.load(ours)
    assert one.shape == other.shape
    np.testing.assert_allclose(other.affine, one.affine, atol=1e-5)
    for field in ("sform_code", "qform_code", "xyzt_units"):
        assert one.header[field] == other.header[field], field
    if one.header["qform_code"]:
        np.testing.assert_allclose(other.get_qform(), one.get_qform(), atol=1e-4)


# known ---------------------------------------------------------------------------------------------------------------


def test_a_volume_of_our_own_is_written_as_ras(tmp_path):
    data = np.arange(24, dtype=np.int16).reshape(1, 2, 3, 4)
    axes = (Axis.channel(["0"]), Axis("z", 2, "mm", 3.0, 6.0), Axis("y", 3, "mm", 2.0), Axis("x", 4, "mm"))
    loaders.save(Signal(data, axes, notes={"origin": (10.0, 20.0, 30.0)}), tmp_path / "own.nii")
    image = nibabel.load(tmp_path / "own.nii")
    np.testing.assert_array_equal(image.affine, [[1, 0, 0, 10], [0, 2, 0, 20], [0, 0, 3, 36], [0, 0, 0, 1]])
    np.testing.assert_array_equal(np.asarray(image.dataobj), data[0].T)
    assert image.header.get_xyzt_units()[0] == "mm"


def test_the_same_volume_makes_the_same_bytes(tmp_path):
    scan = signal_of(np.eye(4), (4, 5, 6))
    for suffix in WRITTEN:
        contents = set()
        for name in ("a", "b"):
            loaders.save(scan, tmp_path / f"{name}{suffix}")
            contents.add((tmp_path / f"{name}{suffix}").read_bytes())
        assert len(contents) == 1, suffix


# law -----------------------------------------------------------------------------------------------------------------


@pytest.mark.data
def test_a_mask_of_every_real_scan_has_its_header_and_its_voxels(real_data, tmp_path):
    every = sorted((real_data / "ct_totalseg_examples").glob("*.nii.gz"))
    every += sorted((real_data / "msd_hippocampus").glob("*/*.nii.gz"))[::8]
    for path in every:
        mask = mask_of(loaders.load(path))
        target = tmp_path / "mask.nii"
        loaders.save(mask, target)
        same_header(path, target)
        theirs = np.asarray(nibabel.load(path).dataobj)
        np.testing.assert_array_equal(np.asarray(nibabel.load(target).dataobj), theirs > theirs.mean())
    assert len(every) > 40


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.sampled_from(WRITTEN))
def test_oblique_flipped_and_sheared_grids_come_back(tmp_path_factory, seed, suffix):
    folder = tmp_path_factory.mktemp("grids")
    affine = any_affine(seed)
    scan = signal_of(affine, (4, 5, 6))
    loaders.save(scan, folder / f"scan{suffix}")
    again = loaders.load(folder / f"scan{suffix}")
    np.testing.assert_allclose(space.affine(again), space.affine(scan), atol=1e-4)
    np.testing.assert_array_equal(again.data, scan.data)
    if suffix.startswith(".nii"):
        np.testing.assert_allclose(nibabel.load(folder / f"scan{suffix}").affine, affine, atol=1e-4)


@settings(max_examples=20)
@given(
    st.integers(0, 10_000),
    st.sampled_from([(0, 1), (1, 1), (2, 0), (4, 1), (0, 0)]),
    st.sampled_from([0, 1, 2, 3, 10]),
    st.sampled_from([nibabel.Nifti1Image, nibabel.Nifti2Image]),
)
def test_codes_units_and_a_qform_of_its_own_come_back(tmp_path_factory, seed, codes, units, kind):
    folder = tmp_path_factory.mktemp("codes")
    rng = np.random.default_rng(seed)
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    places = [np.eye(4), np.eye(4)]
    for place in places:
        place[:3, :3] = turn @ np.diag([1.0, 1.5, 2.0])
        place[:3, 3] = rng.uniform(-100, 100, 3)
        turn, _ = np.linalg.qr(turn + 0.2 * rng.normal(size=(3, 3)))
    image = kind(rng.integers(0, 9, (3, 4, 5)).astype(np.int16), None)
    image.header.set_zooms((1.0, 1.5, 2.0))
    image.header.set_sform(places[0] if codes[0] else None, codes[0])
    image.header.set_qform(places[1] if codes[1] else None, codes[1])
    image.header["xyzt_units"] = units
    nibabel.save(kind(image.dataobj, None, image.header), folder / "scan.nii")
    loaders.save(mask_of(loaders.load(folder / "scan.nii")), folder / "mask.nii")
    same_header(folder / "scan.nii", folder / "mask.nii")
    assert type(nibabel.load(folder / "mask.nii")) is kind


def test_a_piece_is_written_where_it_lay(tmp_path):
    scan = signal_of(any_affine(5), (8, 9, 10))
    loaders.save(scan, tmp_path / "scan.nii")
    piece = loaders.open(tmp_path / "scan.nii")[:, 2:5, 1:4, 3:7]
    loaders.save(piece, tmp_path / "piece.nii")
    again = loaders.load(tmp_path / "piece.nii")
    np.testing.assert_array_equal(again.data, piece.data)
    np.testing.assert_allclose(space.affine(again), space.affine(piece), atol=1e-4)


@pytest.mark.parametrize("codes", ["RAS", "LPS", "SAR", "IPL"])
def test_a_source_is_written_slab_by_slab_as_the_whole(codes, tmp_path, monkeypatch):
    data = np.random.default_rng(0).integers(0, 99, (2, 3, 7, 6, 5)).astype(np.int16)
    grid = (Axis("time", 3, "s", 2.0), Axis("z", 7, "mm"), Axis("y", 6, "mm"), Axis("x", 5, "mm"))
    bold = Signal(data, (Axis.channel(["0", "1"]), *grid), notes={"stored": {"codes": codes}})
    loaders.save(bold, tmp_path / "whole.nii")
    monkeypatch.setattr(volume_write, "_SLAB", 1)
    loaders.save(loaders.of(bold), tmp_path / "slabs.nii")
    assert (tmp_path / "slabs.nii").read_bytes() == (tmp_path / "whole.nii").read_bytes()
    again = loaders.load(tmp_path / "slabs.nii")
    np.testing.assert_array_equal(again.data, data)
    assert again.axis("time").step == 2.0
    loaders.save(bold, tmp_path / "bold.nrrd")
    np.testing.assert_array_equal(loaders.load(tmp_path / "bold.nrrd").data, data)


@pytest.mark.parametrize("kind", ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8", "?", "f2"])
def test_every_kind_of_number_comes_back(kind, tmp_path):
    data = np.random.default_rng(0).integers(0, 2, (4, 5, 6)).astype(kind)
    scan = signal_of(np.eye(4), (6, 5, 4))
    scan = scan.with_data(data[None])
    for suffix in WRITTEN:
        loaders.save(scan, tmp_path / f"scan{suffix}")
        again = loaders.load(tmp_path / f"scan{suffix}").data
        np.testing.assert_array_equal(again[0], data)
        assert again.dtype == {"?": np.uint8, "f2": np.float32}.get(kind, np.dtype(kind))


def test_more_than_a_nifti_1_can_count_is_written_as_nifti_2(tmp_path):
    long = signal_of(np.eye(4), (40_000, 1, 1))
    loaders.save(long, tmp_path / "long.nii.gz")
    assert gzip.decompress((tmp_path / "long.nii.gz").read_bytes())[:4] == (540).to_bytes(4, "little")
    np.testing.assert_array_equal(loaders.load(tmp_path / "long.nii.gz").data, long.data)


# errors --------------------------------------------------------------------------------------------------------------


def test_what_no_format_holds_is_refused_and_nothing_is_left(tmp_path):
    scan = signal_of(np.eye(4), (4, 5, 6))
    flat = Signal(np.zeros((1, 2, 3)), (Axis.channel(["0"]), Axis("y", 2, "mm"), Axis("x", 3, "mm")))
    empty = signal_of(np.eye(4), (4, 5, 6)).with_data(np.zeros((1, 0, 5, 4)))
    for suffix in WRITTEN:
        for bad in (flat, empty, scan.with_data(scan.data.astype(complex))):
            with pytest.raises(ArgumentError, match=rf"scan{suffix}"):
                loaders.save(bad, tmp_path / f"scan{suffix}")
        with pytest.raises(SamplingError, match="uneven"):
            loaders.save(signal_of(np.eye(4), (2, 3, 4), (0, 1, 2, 9)), tmp_path / f"scan{suffix}")
    with pytest.raises(FormatError, match="one channel"):
        loaders.save(Signal(np.zeros((2, 6, 5, 4)), (Axis.channel("ab"), *scan.axes[1:])), tmp_path / "scan.mha")
    assert list(tmp_path.iterdir()) == []
