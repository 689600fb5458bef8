"""File axes become z, y, x towards Superior, Anterior, Right, and go back as they were."""

from itertools import permutations, product
from pathlib import Path

import nibabel
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigconv import space
from sigconv.errors import ArgumentError, FormatError, SamplingError, ShapeError
from sigconv.loaders.volume.geometry import Turn, canonical, stored
from sigconv.signal import Axis, Signal

SCAN = Path("scan.nii")
CODES = [
    "".join(pair[side] for pair, side in zip(order, sides, strict=True))
    for order in permutations(("LR", "PA", "IS"))
    for sides in product((0, 1), repeat=3)
]


def signal_of(affine, sizes, positions=()) -> Signal:
    made = canonical(SCAN, affine, sizes, positions)
    rng = np.random.default_rng(0)
    data = made.turn.forth(rng.normal(size=sizes))
    return Signal(data[None], (Axis.channel(["0"]), *made.axes), notes=made.notes)


def any_affine(seed: int) -> np.ndarray:
    """A rotation, a permutation, flips, spacings and a little shear, by chance."""
    rng = np.random.default_rng(seed)
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    out = np.eye(4)
    out[:3, :3] = (turn + 0.1 * rng.normal(size=(3, 3))) @ np.diag(rng.uniform(0.5, 5, 3))
    out[:3, 3] = rng.uniform(-300, 300, 3)
    return out


# known ---------------------------------------------------------------------------------------------------------------


def test_a_scan_stored_towards_left_and_posterior_is_turned_about():
    volume = signal_of(np.array([[-2.0, 0, 0, 10], [0, -3, 0, 20], [0, 0, 4, 30], [0, 0, 0, 1]]), (5, 6, 7))
    assert volume.shape == (1, 7, 6, 5)
    assert [axis.step for axis in volume.axes[1:]] == [4, 3, 2]
    assert volume.notes["origin"] == (10 - 4 * 2, 20 - 5 * 3, 30)
    assert volume.notes["directions"] == {"z": (0, 0, 1), "y": (0, 1, 0), "x": (1, 0, 0)}
    assert volume.notes["stored"] == {"codes": "LPS"}


def test_a_tilted_gantry_keeps_its_slanted_z():
    affine = np.diag([1.0, 1, 2, 1])
    affine[:3, 2] = [0, 2 * np.sin(0.3), 2 * np.cos(0.3)]
    volume = signal_of(affine, (5, 6, 7))
    np.testing.assert_allclose(volume.notes["directions"]["z"], [0, np.sin(0.3), np.cos(0.3)], atol=1e-12)
    np.testing.assert_allclose(space.affine(volume), affine, atol=1e-12)


def test_uneven_slices_that_run_downwards_rise_after_the_turn():
    volume = signal_of(np.diag([1.0, 1, -2, 1]), (2, 3, 4), positions=(0, 2, 4, 10))
    assert volume.axes[1].positions == (0, 6, 8, 10)
    assert volume.notes["origin"] == (0, 0, -10)


def test_one_slice_without_thickness_lies_across_the_others():
    assert signal_of(np.diag([2.0, 3.0, 0.0, 1.0]), (4, 5, 1)).axes[1].step == 1.0


# law -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("codes", CODES)
def test_back_undoes_forth_and_a_box_holds_the_same_samples(codes):
    sizes = (4, 5, 6)
    data = np.arange(120).reshape(sizes)
    turn = Turn.of_codes(codes, sizes)
    assert turn.codes == codes
    np.testing.assert_array_equal(turn.back(turn.forth(data)), data)
    z, y, x = turn.forth(data).shape
    box = ((1, z), (0, y - 1), (2, x - 1))
    inside = data[tuple(slice(*pair) for pair in turn.box(box))]
    np.testing.assert_array_equal(turn.forth(inside), turn.forth(data)[tuple(slice(*pair) for pair in box)])


@given(st.integers(0, 10_000))
def test_what_is_stored_again_has_the_affine_it_came_with(seed):
    affine = any_affine(seed)
    turn, again = stored(signal_of(affine, (4, 5, 6)))
    assert turn.sizes == (4, 5, 6)
    np.testing.assert_allclose(again, affine, atol=1e-9)


def test_a_piece_lies_where_it_lay():
    volume = signal_of(any_affine(3), (4, 5, 6))
    axes = (volume.axes[0], volume.axes[1].cut(1, 3), volume.axes[2].cut(2, 4), volume.axes[3].cut(0, 3))
    piece = volume.with_data(volume.data[:, 1:3, 2:4, 0:3], axes=axes)
    np.testing.assert_allclose(space.affine(piece) @ [0, 0, 0, 1], space.affine(volume) @ [0, 2, 1, 1])


# same as -------------------------------------------------------------------------------------------------------------


@given(st.integers(0, 10_000))
def test_the_turn_is_nibabels_closest_canonical(seed):
    affine = any_affine(seed)
    data = np.random.default_rng(seed).normal(size=(4, 5, 6))
    theirs = nibabel.as_closest_canonical(nibabel.Nifti1Image(data, affine))
    made = canonical(SCAN, affine, (4, 5, 6))
    volume = Signal(made.turn.forth(data)[None], (Axis.channel(["0"]), *made.axes), notes=made.notes)
    np.testing.assert_allclose(space.affine(volume), theirs.affine, atol=1e-9)
    np.testing.assert_array_equal(volume.data[0], np.asarray(theirs.dataobj).T)
    assert made.turn.codes == "".join(nibabel.aff2axcodes(affine))


# errors --------------------------------------------------------------------------------------------------------------


def test_a_flat_or_infinite_grid_is_refused_by_name():
    flat = np.array([[1.0, 1, 0, 0], [0, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    with pytest.raises(FormatError, match=r"scan\.nii.*span space"):
        canonical(SCAN, flat, (4, 5, 6))
    for bad in (0.0, np.nan, np.inf):
        with pytest.raises(FormatError, match=r"scan\.nii.*steps"):
            canonical(SCAN, np.diag([1.0, 1.0, bad, 1.0]), (4, 5, 6))


def test_an_unknown_orientation_is_refused():
    with pytest.raises(ArgumentError, match="'RAL'"):
        Turn.of_codes("RAL", (1, 1, 1))


def test_two_grids_are_told_apart_with_both_in_the_message():
    one = signal_of(np.diag([1.0, 1, 1, 1]), (4, 5, 6))
    space.same_grid(one, signal_of(np.diag([1.0, 1, 1 + 1e-5, 1]), (4, 5, 6)))
    with pytest.raises(ShapeError, match=r"6 × 5 × 4 voxels .* 7 × 5 × 4 voxels"):
        space.same_grid(one, signal_of(np.diag([1.0, 1, 1, 1]), (4, 5, 7)))
    moved = np.diag([1.0, 1, 1, 1])
    moved[0, 3] = 0.5
    with pytest.raises(SamplingError, match=r"from \(0, 0, 0\) .* from \(0\.5, 0, 0\)"):
        space.same_grid(one, signal_of(moved, (4, 5, 6)))


def test_uneven_slices_have_no_affine():
    with pytest.raises(SamplingError, match="uneven"):
        space.affine(signal_of(np.diag([1.0, 1, 2, 1]), (2, 3, 4), positions=(0, 2, 4, 10)))


def test_a_picture_is_no_volume():
    picture = Signal(np.zeros((1, 2, 3)), (Axis.channel(["0"]), Axis("y", 2, "mm"), Axis("x", 3, "mm")))
    with pytest.raises(ShapeError, match="lacks z"):
        space.affine(picture)
