"""Recipes for images: from files of any size to a model, and back on new files."""

import csv
import json

import h5py
import numpy as np
import pytest

from sigconv import loaders
from sigconv.errors import ArgumentError, FormatError, RecipeError, ShapeError, SplitError
from sigconv.loaders.image.drawn_digits import drawn_digits
from sigconv.recipe import config, lines
from sigconv.recipe.image.brought import bright, brought
from sigconv.recipe.image.tables import Image
from sigconv.recipe.image.trip import augment, gather
from sigconv.recipe.lines import Placement
from sigconv.signal import Axis, Signal
from tests.recipe.conftest import Silent, ran

SHAPES = ["data.made.groups=4", "data.made.each=12", "train.epochs=2", "train.batch=16", "net.text=C4 R P C8 B R G F"]
SHAPES += ["train.precision=float32"]
DIGITS = ["data.made.groups=4", "data.made.each=20"]


def picture(data):
    """A recording of a (channel, y, x) array."""
    axes = (Axis.channel([str(i) for i in range(len(data))]), Axis("y", data.shape[1]), Axis("x", data.shape[2]))
    return loaders.of(Signal(data, axes, notes={"domain": "image", "name": "p"}))


@pytest.fixture(scope="module")
def shapes_run(tmp_path_factory):
    return ran("image_objects", SHAPES, tmp_path_factory.mktemp("runs") / "shapes").folder


@pytest.fixture
def pets(tmp_path):
    """Class folders of images of several sizes, kinds and channel counts, as a user may have them."""
    draw = np.random.default_rng(0)
    for label, level in (("cat", 60), ("dog", 180)):
        (tmp_path / "pets" / label).mkdir(parents=True)
        for number, shape in enumerate([(3, 40, 30), (1, 32, 32), (4, 20, 50), (3, 33, 90), (1, 64, 64), (2, 32, 40)]):
            data = np.clip(level + 30 * draw.normal(size=shape), 0, 255).astype(np.uint8)
            names = {1: "grey", 2: "grey alpha", 3: "red green blue", 4: "red green blue alpha"}[shape[0]].split()
            axes = (Axis.channel(names), Axis("y", shape[1]), Axis("x", shape[2]))
            loaders.save(Signal(data, axes), tmp_path / "pets" / label / f"{number}.png")
    return tmp_path / "pets"


def test_white_is_one_black_is_minus_one_and_inverting_exchanges_them():
    data = np.array([[[0, 255], [255, 0]]], np.uint8).repeat(2, 1).repeat(2, 2)
    seen = brought(picture(data), Image(size=4, channels="grey")).read().data
    np.testing.assert_array_equal(seen, data / 127.5 - 1)
    np.testing.assert_array_equal(
        brought(picture(data), Image(size=4, channels="grey", invert=True)).read().data, -seen
    )
    deep = picture(np.full((1, 4, 4), 65535, np.uint16))
    assert brought(deep, Image(size=4)).read().data.tolist() == np.ones((3, 4, 4)).tolist()


def test_the_middle_of_a_wide_image_is_seen_and_smoothed_where_it_shrinks():
    data = np.zeros((1, 8, 24), np.uint8)
    data[:, :, 8:16] = 255
    seen = brought(picture(data), Image(size=8, channels="grey")).read().data
    assert (seen == 1).all()
    fine = np.indices((32, 32)).sum(0)[None] % 2 * 255
    half = brought(picture(fine.astype(np.uint8)), Image(size=8, channels="grey")).read().data
    assert abs(half).max() < 0.1


def test_brightness_weighs_colours_and_what_is_transparent_is_black():
    green = np.zeros((4, 4, 4), np.uint8)
    green[1], green[3, :2] = 255, 255
    seen = brought(picture(green), Image(size=4, channels="grey")).read().data[0]
    np.testing.assert_allclose(seen[:2], 2 * 0.587 - 1, rtol=1e-6)
    assert (seen[2:] == -1).all()


def test_numbers_that_are_no_brightness_and_axes_that_are_no_image_are_named():
    with pytest.raises(ArgumentError, match="int16 from -5 to 0"):
        bright(picture(np.array([[[-5, 0]]], np.int16)))
    with pytest.raises(ArgumentError, match="nan"):
        bright(picture(np.array([[[np.nan, 0]]], np.float32)))
    with pytest.raises(ShapeError, match="channel 5"):
        brought(picture(np.zeros((5, 4, 4), np.uint8)), Image())


def test_the_run_folder_holds_pictures_of_this_domain_and_a_model(shapes_run):
    names = {path.name for path in shapes_run.iterdir()}
    assert {"examples.png", "first_kernels.png", "surest_mistakes.png", "confusion.png", "model.safetensors"} <= names
    told = json.loads((shapes_run / "metrics.json").read_text())
    assert (told["windows"], told["tested"], told["held_out_by"]) == (48, 12, "texture")
    assert "linear on slopes and colours" in told["baselines"]


def test_new_images_of_any_size_are_predicted_in_one_table_with_one_picture(shapes_run, pets, tmp_path):
    files = sorted(pets.glob("*/*.png"))
    told = lines.predict(shapes_run, files, tmp_path / "said.csv", Placement(), Silent())
    rows = list(csv.DictReader((tmp_path / "said.csv").read_text().splitlines()))
    assert [row["file"] for row in rows] == [str(file) for file in files]
    sums = [sum(float(row[f"p_{name}"]) for name in ("disc", "square", "triangle", "cross")) for row in rows]
    assert sums == pytest.approx([1] * 12, abs=1e-5)
    assert (tmp_path / "said.png").stat().st_size > 1000
    assert told[0].startswith("12 windows: ")


def test_a_recording_of_another_domain_is_refused(shapes_run, tmp_path):
    sound = tmp_path / "a.wav"
    loaders.save(Signal.from_array(np.zeros((1, 800), np.float32), fs=8000), sound)
    with pytest.raises(ShapeError, match=r"has axes \(channel 1, time 800\); an image is channel 1 to 4, y, x"):
        lines.predict(shapes_run, [sound], tmp_path / "said.csv", Placement(), Silent())


def test_class_folders_that_nobody_prepared_are_trained_on(pets, tmp_path):
    result = ran("image_objects", [*SHAPES, f"data.path={pets}", "image.size=16"], tmp_path / "run")
    assert result.summary["classes"] == ["cat", "dog"]
    assert 0 < result.summary["tested"] < 12
    (pets / "README").write_text("stray")
    with pytest.raises(FormatError, match="README"):
        ran("image_objects", [*SHAPES, f"data.path={pets}"], tmp_path / "again")
    found = gather(config.read("image_objects", [f"data.path={pets}", "data.skip=true"]), Silent())
    assert (len(found.sources), found.skipped) == (12, ("README (no loader reads it)",))


def test_a_table_tells_labels_and_groups(pets, tmp_path):
    rows = [f"{file.relative_to(pets.parent)},{file.parent.name},{file.stem}" for file in sorted(pets.glob("*/*.png"))]
    (pets.parent / "table.csv").write_text("path,label,group\n" + "\n".join(rows) + "\n")
    path = f"data.path={pets.parent / 'table.csv'}"
    result = ran("image_objects", [*SHAPES, path, "run.hold_out=folds", "run.folds=3"], tmp_path / "run")
    assert (result.summary["groups"], result.summary["held_out_by"], result.summary["tested"]) == (6, "group", 12)


@pytest.mark.parametrize(
    ("name", "overrides"),
    [
        ("digits_lenet1989", ["train.epochs=2"]),
        ("digits_modern", ["train.epochs=2", "train.batch=16"]),
        ("digits_neocognitron", ["net.text=K:contrast V8k3t.6 Z3s2 F"]),
    ],
)
def test_digits_in_a_table_are_learnt_in_three_ways_and_predicted(name, overrides, tmp_path):
    digits = drawn_digits(writers=3, each=20)
    x, y = np.stack([one.read().data[0] for one in digits]), [int(one.notes["label"]) for one in digits]
    (tmp_path / "usps").mkdir()
    (tmp_path / "usps" / "ORIGIN.md").write_text("where they come from")
    with h5py.File(tmp_path / "usps" / "usps.h5", "w") as file:
        for part, rows in (("train", slice(0, 40)), ("test", slice(40, 60))):
            file[f"{part}/data"] = (x[rows].reshape(-1, 256) / 255).astype(np.float32)
            file[f"{part}/target"] = y[rows]
    result = ran(name, [*overrides, f"data.path={tmp_path / 'usps'}"], tmp_path / "run")
    assert (tmp_path / "run" / "learning_curves.png").exists() == (name != "digits_neocognitron")
    assert (result.summary["tested"], len(result.summary["classes"])) == (20, 10)
    loaders.save(digits[41].read(), tmp_path / "one.png")
    lines.predict(tmp_path / "run", [tmp_path / "one.png"], tmp_path / "said.csv", Placement(), Silent())
    (row,) = csv.DictReader((tmp_path / "said.csv").read_text().splitlines())
    assert row["predicted"] == max("0123456789", key=lambda name: float(row[f"p_{name}"]))


def test_augmentation_is_what_the_recipe_says():
    recipe = config.read("digits_modern")
    (bent,) = augment(recipe, None).steps
    assert (bent.degrees, bent.shift, bent.fill) == (12, 1.2, -1)
    assert bent.scale == pytest.approx((1 / 1.14, 1.14))
    assert augment(config.read("digits_lenet1989"), None) is None
    assert [type(step).__name__ for step in augment(config.read("image_objects"), None).steps] == [
        "RandomCrop",
        "Flip",
        "Cutout",
    ]


def test_edges_are_written_as_pictures_and_as_numbers(tmp_path):
    step = np.zeros((3, 20, 30), np.uint8)
    step[:, :, 15:] = 255
    loaders.save(picture_of_colours(step), tmp_path / "step.png")
    result = ran("edges", [f"data.path={tmp_path / 'step.png'}", "edges.sigma=1"], tmp_path / "run")
    slope = loaders.load(tmp_path / "run" / "sobel_x.tif").data[0]
    assert slope[10].tolist() == [0] * 14 + [4, 4] + [0] * 14
    assert loaders.load(tmp_path / "run" / "sobel_y.tif").data.max() == 0
    assert loaders.load(tmp_path / "run" / "sobel_x.png").data[0, 10, 13:17].tolist() == [128, 255, 255, 128]
    assert result.summary["Laplacian"] == {"least": -1.0, "largest": 1.0}
    assert (tmp_path / "run" / "side_by_side.png").stat().st_size > 1000


def picture_of_colours(data):
    return Signal(data, (Axis.channel(["red", "green", "blue"]), Axis("y", data.shape[1]), Axis("x", data.shape[2])))


@pytest.mark.parametrize(
    ("name", "overrides", "error", "said"),
    [
        ("edges", ["data.path=nowhere.png"], FileNotFoundError, "nowhere"),
        ("edges", ["edges.sigma=0"], RecipeError, "edges.sigma"),
        ("edges", ["train.epochs=3"], RecipeError, "unknown key 'train'"),
        ("digits_lenet1989", ["train.batch=8"], RecipeError, "unknown key 'train.batch'.*epochs"),
        ("digits_lenet1989", ["net.text=C4 B F", *DIGITS], ArgumentError, r"B1 \(B\) has no form as connections"),
        ("digits_neocognitron", ["net.text=C4 R F", *DIGITS], ArgumentError, "SCell|S-cell"),
        ("image_objects", ["data.path=nowhere"], FileNotFoundError, "nowhere"),
        ("image_objects", ["image.channels=rgb"], RecipeError, "'colour' or 'grey'"),
        ("image_objects", ["augment.cover=-1"], RecipeError, "augment.cover"),
    ],
)
def test_wrong_input_is_named(name, overrides, error, said, tmp_path):
    with pytest.raises(error, match=said):
        ran(name, overrides, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_class_that_no_training_group_shows_is_named_before_anything_is_trained(pets, tmp_path):
    files = sorted(pets.glob("*/*.png"))
    rows = [f"{file.relative_to(pets.parent)},{file.parent.name},{file.parent.name}" for file in files]
    (pets.parent / "table.csv").write_text("path,label,group\n" + "\n".join(rows) + "\n")
    with pytest.raises(SplitError, match=r"no training window shows cat.*run\.hold_out"):
        ran("image_objects", [f"data.path={pets.parent / 'table.csv'}", "run.hold_out=each"], tmp_path / "run")


def test_edges_of_a_sound_are_refused(tmp_path):
    sound = tmp_path / "a.wav"
    loaders.save(Signal.from_array(np.zeros((1, 800), np.float32), fs=8000), sound)
    with pytest.raises(RecipeError, match="audio"):
        ran("edges", [f"data.path={sound}"], tmp_path / "run")


def test_parts_that_are_asked_for_and_not_there_are_named(pets, tmp_path):
    with pytest.raises(SplitError, match="part"):
        ran("image_objects", [*SHAPES, f"data.path={pets}", "run.hold_out=part"], tmp_path / "run")


def test_the_test_part_of_made_up_shapes_has_other_textures(shapes_run):
    told = json.loads((shapes_run / "metrics.json").read_text())
    assert list(told["accuracy_by_group"]) == ["texture-03"]
