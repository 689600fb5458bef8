"""A segmentation run from label maps to label maps, on a little made-up tissue."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from sigconv import loaders
from sigconv.errors import ArgumentError, FormatError, RecipeError, SplitError
from sigconv.recipe import config, lines, predict, run
from sigconv.signal import Axis, Signal
from tests.recipe.conftest import Silent, ran

TINY = [
    "data.made.blocks=2",
    "data.made.sections=2",
    "data.made.size=48",
    "net.text=(C4BR)2 U{P (C4BR)2 T4} (C4BR)2 C2k1",
    "patch.size=[32, 32]",
    "patch.step=[16, 16]",
    "train.epochs=2",
    "train.steps=3",
    "train.batch=4",
    "run.folds=2",
    "run.model=first",
]


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    return ran("membrane_unet", TINY, tmp_path_factory.mktemp("runs") / "tiny").folder


def own_folder(where: Path, sizes=((40, 36), (33, 50), (20, 64)), masks="labels", value=255) -> Path:
    """Pictures of differing sizes and colours with label maps of two numbers, as a user has them."""
    rng = np.random.default_rng(0)
    for number, (height, width) in enumerate(sizes):
        cell = np.zeros((height, width), bool)
        cell[4:-4, 4 : width // 2] = True
        grey = np.where(cell, 180, 60) + rng.integers(0, 30, cell.shape)
        channels = ["red", "green", "blue"] if number == 1 else ["grey"]
        grid = (Axis("y", height), Axis("x", width))
        picture = np.repeat(grey[None], len(channels), 0).astype(np.uint8)
        for folder, data, names in (("images", picture, channels), (masks, cell[None] * np.uint8(value), ["label"])):
            (where / folder).mkdir(parents=True, exist_ok=True)
            path = where / folder / f"field{number}.{'tif' if folder == 'images' and number == 2 else 'png'}"
            loaders.save(Signal(data, (Axis.channel(names), *grid)), path)
    return where


def read(name, *more):
    return config.read(name, [*TINY, *more])


# known


def test_the_folder_has_metrics_pictures_label_maps_and_a_model(made):
    names = {path.name for path in made.iterdir()}
    assert {"metrics.json", "metrics.csv", "report.html", "label_maps.png", "dice.png", "model.safetensors"} <= names
    told = json.loads((made / "metrics.json").read_text())
    assert told["recordings"] == told["tested"] == 4
    assert told["groups"] == 2
    assert set(told["network"]) == {
        *("error", "mean dice", "dice membrane", "dice cell"),
        *("Rand F", "Rand split", "Rand merge"),
    }
    assert set(told["baselines"]) == {"Otsu", "brightness ranges"}
    assert 0 <= told["network"]["error"]["mean"] <= 1
    with (made / "metrics.csv").open() as file:
        assert len(list(csv.DictReader(file))) == 4 * 3


def test_the_label_maps_that_were_written_are_those_that_were_measured(made):
    masks = sorted((made / "masks").iterdir())
    assert [path.suffix for path in masks] == [".png"] * 4
    from sigconv.loaders.image.generator import membranes

    pairs = membranes(2, 2, 48, 0)
    wrong = [(loaders.load(path).data != mask.read().data).mean() for path, (_, mask) in zip(masks, pairs, strict=True)]
    told = json.loads((made / "metrics.json").read_text())
    assert np.mean(wrong) == pytest.approx(told["network"]["error"]["mean"])


# law


def test_the_same_recipe_gives_the_same_weights(made, tmp_path):
    run(config.read("membrane_unet", TINY), "membrane_unet", tmp_path / "again", Silent())
    again = (tmp_path / "again" / "model.safetensors").read_bytes()
    assert again == (made / "model.safetensors").read_bytes()


def test_a_new_picture_of_any_size_gets_a_label_map_on_its_own_grid(made, tmp_path):
    own_folder(tmp_path)
    for number, suffix in ((0, ".png"), (1, ".png"), (2, ".tif")):
        picture = next((tmp_path / "images").glob(f"field{number}.*"))
        predict(made, [picture], tmp_path / f"said{number}", lines.Placement(), Silent())
        said = loaders.load(tmp_path / f"said{number}{suffix}")
        assert said.data.dtype == np.uint8
        assert set(np.unique(said.data)) <= {0, 255}
        assert said.shape[1:] == loaders.open(picture).shape[1:]


def test_a_folder_of_ones_own_trains_and_its_suffixes_come_back(tmp_path):
    own_folder(tmp_path / "data")
    (tmp_path / "data" / "README.txt").write_text("beside the folders it disturbs nobody")
    result = run(read("membrane_unet", f"data.path={tmp_path / 'data'}"), "own", tmp_path / "out", Silent())
    assert result.summary["recordings"] == 3
    assert result.summary["held_out_by"] == "recording"
    assert sorted(path.suffix for path in (tmp_path / "out" / "masks").iterdir()) == [".png", ".png", ".tif"]
    assert result.summary["baselines"]["Otsu"]["error"]["mean"] < 0.1


def test_a_table_names_pictures_label_maps_and_groups(tmp_path):
    own_folder(tmp_path)
    rows = [f"images/field{i}.{'tif' if i == 2 else 'png'},labels/field{i}.png,{'ab'[i % 2]}" for i in range(3)]
    (tmp_path / "table.csv").write_text("\n".join(["path,truth,slide", *rows]) + "\n")
    more = (
        f"data.path={tmp_path / 'table.csv'}",
        "data.mask=truth",
        "data.group=slide",
        "data.pattern=",
        "data.block=0",
    )
    result = run(read("membrane_unet", *more), "own", tmp_path / "out", Silent())
    assert result.summary["groups"] == 2
    assert result.summary["held_out_by"] == "slide"


# errors


def refused(tmp_path, *more):
    run(read("membrane_unet", *more), "own", tmp_path / "out", Silent())


def test_another_layout_is_told_with_three_files_that_are_there(tmp_path):
    own_folder(tmp_path / "data", masks="truth")
    with pytest.raises(FormatError, match=r"looked for .*labels/, .*found images/field0\.png, .* and 3 more"):
        refused(tmp_path, f"data.path={tmp_path / 'data'}")


def test_a_label_map_on_another_grid_is_refused_and_left_out_when_asked(tmp_path):
    data = own_folder(tmp_path / "data")
    small = Signal(np.zeros((1, 8, 8), np.uint8), (Axis.channel(["label"]), Axis("y", 8), Axis("x", 8)))
    loaders.save(small, data / "labels" / "field1.png")
    with pytest.raises(FormatError, match=r"1 of 3 recordings .*field1\.png .*another grid.*data\.skip=true"):
        refused(tmp_path, f"data.path={data}")
    result = run(read("membrane_unet", f"data.path={data}", "data.skip=true"), "own", tmp_path / "out", Silent())
    assert result.summary["recordings"] == 2
    assert "field1" in result.summary["skipped"][0]


def test_a_number_that_is_no_class_is_named_with_its_file(tmp_path):
    own_folder(tmp_path / "data", value=7)
    with pytest.raises(FormatError, match=r"field0\.png: the label map holds 7, which is no class"):
        refused(tmp_path, f"data.path={tmp_path / 'data'}")


def test_a_class_that_no_label_map_shows_is_refused(tmp_path):
    own_folder(tmp_path / "data")
    with pytest.raises(SplitError, match="no label map shows vesicle"):
        refused(tmp_path, f"data.path={tmp_path / 'data'}", "data.classes.vesicle=9")


def test_one_group_only_is_refused(tmp_path):
    own_folder(tmp_path / "data", sizes=((40, 40),))
    with pytest.raises(SplitError, match="one group only"):
        refused(tmp_path, f"data.path={tmp_path / 'data'}")


def test_a_class_that_one_group_alone_shows_is_refused_before_the_work(tmp_path):
    own_folder(tmp_path / "data")
    for number in (0, 1):
        path = tmp_path / "data" / "labels" / f"field{number}.png"
        nothing = loaders.open(path).read()
        loaders.save(nothing.with_data(0 * nothing.data), path)
    with pytest.raises(SplitError, match=r"field2\.tif' held out, no training label map shows"):
        refused(tmp_path, f"data.path={tmp_path / 'data'}", "run.hold_out=each", "data.classes={rest=0,cell=255}")


def test_a_network_that_does_not_keep_the_patch_is_refused(tmp_path):
    with pytest.raises(RecipeError, match="has to keep its grid"):
        refused(tmp_path, "net.text=C4v R C2k1")


@pytest.mark.parametrize(
    ("key", "match"),
    [
        ("patch.size=[32]", "size has 1 axes and step 2"),
        ("patch.mirror=[2]", "mirror names axis 2; there are 2"),
        ("regions.of=cel", "did you mean 'cell'"),
        ("data.clases.cell=1", "did you mean 'classes'"),
        ("data.pattern={name}.png", "words of the pattern"),
    ],
)
def test_a_wrong_key_or_value_is_told(tmp_path, key, match):
    more = [f"data.path={tmp_path}"] if key.startswith("data.pattern") else []
    with pytest.raises(RecipeError, match=match):
        refused(tmp_path, *more, key)


def test_a_lossy_file_or_another_domain_is_refused_before_the_work(made, tmp_path):
    own_folder(tmp_path)
    picture = tmp_path / "images" / "field0.png"
    with pytest.raises(ArgumentError, match="without loss"):
        predict(made, [picture], tmp_path / "said.jpg", lines.Placement(), Silent())
    loaders.save(Signal.from_array(np.zeros((1, 80)), fs=8000), tmp_path / "tone.wav")
    with pytest.raises(RecipeError, match="domain 'audio'"):
        predict(made, [tmp_path / "tone.wav"], None, lines.Placement(), Silent())
