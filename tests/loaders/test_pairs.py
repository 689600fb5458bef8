"""Recordings and label maps in two folders find each other by name."""

import numpy as np
import pytest

from sigconv import loaders
from sigconv.errors import FormatError, ShapeError
from sigconv.signal import Axis, Signal


def image(path, size=4, value=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    data = np.full((1, size, size), value, np.uint8)
    loaders.save(Signal(data, (Axis.channel(["grey"]), Axis("y", size), Axis("x", size))), path)


# known


@pytest.mark.parametrize(("images", "masks"), [("images", "labels"), ("image", "label"), ("image", "masks")])
def test_files_of_one_name_belong_together_whatever_their_suffix(tmp_path, images, masks):
    for number in (2, 10, 1):
        image(tmp_path / images / f"{number}.png", value=number)
        image(tmp_path / masks / f"{number}.tif", value=1)
    found = loaders.pairs(tmp_path)
    assert found.names == tuple(f"{images}/{n}.png" for n in (1, 2, 10))
    assert found.field("mask") == tuple(f"{masks}/{n}.tif" for n in (1, 2, 10))
    assert found[2].read().data.max() == 10
    assert found.mask(2).read().data.max() == 1


def test_folders_inside_are_groups(tmp_path):
    for name in ("anna/1.png", "anna/2.png", "ben/1.png"):
        image(tmp_path / "images" / name)
        image(tmp_path / "labels" / name)
    assert loaders.pairs(tmp_path).groups == ("anna", "anna", "ben")


def test_what_has_no_label_map_is_left_out_when_asked(tmp_path):
    for name in ("images/a.png", "images/b.png", "labels/a.png"):
        image(tmp_path / name)
    (tmp_path / "images" / "README.txt").write_text("about")
    with pytest.raises(FormatError, match=r"README\.txt"):
        loaders.pairs(tmp_path)
    found = loaders.pairs(tmp_path, skip=True)
    assert found.names == ("images/a.png",)
    assert found.skipped == ("images/README.txt (no loader reads it)", "images/b.png (no label map)")


# errors


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (
            ("pictures/a.png", "pictures/b.png", "truth/a.png", "truth/b.png"),
            r"looked for one folder .*images/.*labels/.*found pictures/a\.png, pictures",
        ),
        (("images/a.png", "labels/a.png", "masks/a.png"), "both labels/ and masks/"),
        (
            ("images/a.png", "images/b.png", "labels/a.png"),
            r"1 of 2 files in images/ have no label map .*: images/b\.png",
        ),
        (("images/a.png", "images/a.tif", "labels/a.png"), "called alike"),
    ],
)
def test_folders_that_are_no_pairs_are_told_with_what_is_there(tmp_path, names, told):
    for name in names:
        image(tmp_path / name)
    with pytest.raises(FormatError, match=told):
        loaders.pairs(tmp_path)


def test_a_label_map_on_another_grid_is_refused(tmp_path):
    image(tmp_path / "images" / "a.png", size=4)
    image(tmp_path / "labels" / "a.png", size=5)
    with pytest.raises(ShapeError, match="another grid"):
        loaders.pairs(tmp_path).mask(0)
