"""Volumes on another grid: values where they belong, labels whole, geometry told."""

import numpy as np
import pytest
from scipy import ndimage

from sigconv import loaders, space
from sigconv.errors import ArgumentError, SamplingError, ShapeError
from sigconv.filters import onto, to_spacing
from sigconv.signal import Axis, Signal


def volume(data, steps=(1.0, 1.0, 1.0), unit="", positions=(), **notes) -> Signal:
    data = np.asarray(data)
    z = Axis.at_positions("z", positions, "mm") if positions else Axis("z", data.shape[-3], "mm", steps[0])
    grid = (z, Axis("y", data.shape[-2], "mm", steps[1]), Axis("x", data.shape[-1], "mm", steps[2]))
    return Signal(data[None], (Axis.channel(["0"]), *grid), unit, notes=notes)


def turned(angle: float) -> dict:
    """Directions turned about z."""
    c, s = np.cos(angle), np.sin(angle)
    return {"z": (0, 0, 1), "y": (-s, c, 0), "x": (c, s, 0)}


def heights(shape, steps=(1.0, 1.0, 1.0)):
    """A volume whose value is a straight line along every axis."""
    z, y, x = np.meshgrid(*(np.arange(n) * step for n, step in zip(shape, steps, strict=True)), indexing="ij")
    return 2 * z + 3 * y - x


# known ---------------------------------------------------------------------------------------------------------------


def test_a_slope_stays_a_slope_on_a_finer_grid():
    fine = to_spacing(volume(heights((4, 5, 6), (3, 1, 1)), (3, 1, 1)), (1, 0.5, 0.5))
    z, y, x = (np.array([axis.at(i) for i in range(axis.size)]) for axis in fine.axes[1:])
    inside = (slice(1, -1), slice(1, -1), slice(1, -1))  # beyond the outermost centres the edge is held
    expected = (2 * z[:, None, None] + 3 * y[:, None] - x)[inside]
    np.testing.assert_allclose(fine.data[0][inside], expected, atol=1e-9)
    assert fine.shape == (1, 12, 10, 12)
    assert (fine.axes[1].start, fine.axes[2].start) == (-1.0, -0.25)


def test_uneven_slices_are_read_at_their_positions():
    positions = (0.0, 1.0, 4.0, 5.0)
    data = np.broadcast_to(np.array(positions)[:, None, None], (4, 3, 3))
    even = to_spacing(volume(data, positions=positions), (1, 1, 1))
    np.testing.assert_allclose(even.data[0, :, 1, 1], [0, 1, 2, 3, 4, 5])
    assert even.axes[1].positions == ()


def test_labels_stay_labels_of_their_kind():
    mask = np.zeros((4, 4, 4), dtype=np.uint8)
    mask[1:3, 1:3, 1:3] = 7
    fine = to_spacing(volume(mask), 0.5, labels=True)
    assert fine.data.dtype == np.uint8
    np.testing.assert_array_equal(fine.data[0], np.kron(mask, np.ones((2, 2, 2))))


def test_what_lies_outside_is_air_for_a_ct_and_nothing_for_a_mask():
    scan = volume(np.full((2, 2, 2), 40.0), unit="HU")
    far = volume(np.zeros((2, 2, 2)), origin=(10.0, 0, 0))
    assert (onto(scan, far).data == -1000).all()
    assert (onto(scan, far, outside=5).data == 5).all()
    assert (onto(volume(np.ones((2, 2, 2), dtype=np.uint8)), far, labels=True).data == 0).all()


def test_shrinking_blurs_first_so_that_a_fine_chequerboard_becomes_grey():
    board = np.indices((16, 16, 16)).sum(axis=0) % 2 * 1.0
    small = to_spacing(volume(board), 4.0)
    assert np.abs(small.data - 0.5).max() < 0.05


# law -----------------------------------------------------------------------------------------------------------------


def test_a_volume_on_its_own_grid_is_itself():
    scan = volume(np.random.default_rng(0).normal(size=(4, 5, 6)), (3, 2, 1), directions=turned(0.3), origin=(1, 2, 3))
    np.testing.assert_allclose(onto(scan, scan).data, scan.data, atol=1e-9)


def test_the_result_lies_on_the_grid_of_the_other():
    scan = volume(heights((4, 5, 6)), origin=(1.0, 2.0, 3.0), subject="A", stored={"codes": "RAS"})
    like = volume(np.zeros((6, 5, 4)), (1, 1.5, 1.5), directions=turned(0.3), stored={"codes": "LPS"})
    moved = onto(scan, like)
    space.same_grid(moved, like)
    assert (moved.notes["subject"], moved.notes["stored"]) == ("A", {"codes": "LPS"})


def test_a_slanted_z_is_followed():
    slanted = {"z": (0.0, np.sin(0.3), np.cos(0.3)), "y": (0.0, 1.0, 0.0), "x": (1.0, 0.0, 0.0)}
    place = np.arange(8.0)
    along = 5 * np.sin(0.3) * place[:, None, None] + 5 * place[:, None] + 0 * place  # 5 × the y of the patient
    straight = onto(volume(along, directions=slanted), volume(np.zeros((4, 4, 4)), origin=(0, 3.0, 0)))
    np.testing.assert_allclose(straight.data[0, 1:, 1, 1], 5 * 4.0, atol=1e-9)


def test_many_slices_at_a_time_or_one_give_the_same(monkeypatch):
    scan = volume(np.random.default_rng(1).normal(size=(7, 8, 9)))
    whole = to_spacing(scan, 0.7).data
    monkeypatch.setattr("sigconv.filters.regrid._AT_ONCE", 1)
    np.testing.assert_array_equal(to_spacing(scan, 0.7).data, whole)


# same as -------------------------------------------------------------------------------------------------------------


def test_a_turned_grid_agrees_with_affine_transform():
    scan = volume(np.random.default_rng(2).normal(size=(9, 10, 11)), (2, 1, 1))
    like = volume(np.zeros((6, 6, 6)), directions=turned(0.4), origin=(4.0, 1.0, 2.0))
    step = np.linalg.inv(space.affine(scan)) @ space.affine(like)
    backwards = step[:3, :3][::-1, ::-1], step[:3, 3][::-1]
    theirs = ndimage.affine_transform(scan.data[0], *backwards, output_shape=(6, 6, 6), order=1, mode="nearest")
    np.testing.assert_allclose(onto(scan, like).data[0], theirs, atol=1e-9)


@pytest.mark.data
def test_a_mask_of_another_grid_comes_onto_its_scan_only_when_asked(real_data):
    folder = real_data / "ct_totalseg_examples"
    scan = loaders.open(folder / "pulmonary_report__models__ct_cropped.nii.gz")
    heart = loaders.load(folder / "pulmonary_report__models__heart.nii.gz")
    with pytest.raises(ShapeError, match=r"112 × 102 × 122 voxels .* 191 × 167 × 233 voxels .*filters\.onto"):
        space.same_grid(scan, heart)
    mask = onto(heart, scan, labels=True)
    space.same_grid(scan, mask)
    assert mask.data.dtype == np.uint8
    assert mask.data.sum() == 198176  # as SimpleITK 2.5.7 resamples it with the nearest neighbour


# errors --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("spacing", [0, -1.0, (1, 2), (1, 1, float("nan"))])
def test_a_spacing_is_one_length_or_three(spacing):
    with pytest.raises(SamplingError, match="spacing"):
        to_spacing(volume(np.zeros((2, 2, 2))), spacing)


def test_a_volume_has_lengths_along_its_last_three_axes():
    flat = Signal(np.zeros((1, 2, 3)), (Axis.channel(["0"]), Axis("y", 2, "mm"), Axis("x", 3, "mm")))
    with pytest.raises(ShapeError, match="lacks z"):
        to_spacing(flat, 1)
    mixed = Signal(np.zeros((2, 2, 2, 1)), (*volume(np.zeros((2, 2, 2))).axes[1:], Axis.channel(["0"])))
    with pytest.raises(ArgumentError, match="last three are z, y, x"):
        to_spacing(mixed, 1)
    bare = Signal(np.zeros((1, 2, 2, 2)), (Axis.channel(["0"]), *(Axis(name, 2) for name in "zyx")))
    with pytest.raises(SamplingError, match="'mm'"):
        onto(bare, volume(np.zeros((2, 2, 2))))


def test_a_recording_is_read_first_and_a_spacing_is_no_word():
    with pytest.raises(ArgumentError, match="volume is a Recording"):
        to_spacing(loaders.of(volume(np.zeros((2, 2, 2)))), 1)
    with pytest.raises(SamplingError, match="spacing is 'fine'"):
        to_spacing(volume(np.zeros((2, 2, 2))), "fine")
    assert to_spacing(volume(np.zeros((4, 4, 4))), "0.2 cm").shape == (1, 2, 2, 2)


@pytest.mark.parametrize("outside", [-1, 256, 0.5])
def test_labels_hold_the_value_outside(outside):
    mask = volume(np.zeros((2, 2, 2), dtype=np.uint8))
    with pytest.raises(ArgumentError, match="uint8"):
        onto(mask, mask, labels=True, outside=outside)
