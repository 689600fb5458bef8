"""Folders and tables that nobody prepared: what is left out when asked, and which groups are believed."""

import numpy as np
import pytest

from sigconv import loaders
from sigconv.errors import ArgumentError, FormatError, RecipeError, SplitError
from sigconv.recipe import config, lines
from sigconv.recipe.divided import splits_of
from sigconv.recipe.gathered import labelled
from sigconv.recipe.tables import Data, Run
from sigconv.signal import Axis, Signal
from tests.recipe.conftest import Silent


def picture(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    loaders.save(Signal(data, (Axis.channel(["grey"]), Axis("y", data.shape[1]), Axis("x", data.shape[2]))), path)


@pytest.fixture
def pets(tmp_path):
    for name in ("cat/1", "cat/2", "dog/1", "dog/2"):
        picture(tmp_path / "pets" / f"{name}.png", np.zeros((1, 4, 4), np.uint8))
    return tmp_path / "pets"


def table(pets, *rows):
    (pets / "table.csv").write_text("\n".join(rows) + "\n")
    return Data(path=str(pets / "table.csv"))


# known


def test_what_lies_beside_the_class_folders_is_left_out_when_asked(pets):
    picture(pets / "title.png", np.zeros((1, 4, 4), np.uint8))
    (pets / "bird").mkdir()
    (pets / "README.md").write_text("pets")
    (pets / "cat" / "cut.png").write_bytes(b"hello")
    found = labelled(Data(path=str(pets), skip=True), "image")
    assert found.labels == ("cat", "cat", "dog", "dog")
    assert [name.partition(" (")[0] for name in found.skipped] == ["README.md", "bird", "title.png", "cat/cut.png"]


def test_groups_of_a_table_are_taken_and_one_speaker_alone_leaves_each_recording_on_its_own(pets):
    rows = [f"{name}.png,{name[:3]},{name[-1]},theo" for name in ("cat/1", "cat/2", "dog/1", "dog/2")]
    found = labelled(table(pets, "path,label,group,speaker", *rows), "image")
    assert (found.groups, found.held_out_by) == (("1", "2", "1", "2"), "group")
    found = labelled(table(pets, "path,label,_,speaker", *rows), "image")
    assert found.held_out_by == "recording"


def test_a_label_map_of_background_alone_is_trained_on_without_a_warning(tmp_path):
    for number in range(4):
        cell = np.zeros((1, 32, 32), np.uint8)
        cell[:, 8:24, 8:24] = 255 * (number > 0)
        picture(tmp_path / "data" / "images" / f"{number}.png", cell // 2 + np.uint8(number))
        picture(tmp_path / "data" / "labels" / f"{number}.png", cell)
    asked = ["net.text=C2k3 R C2k1", "patch.size=[16, 16]", "patch.step=[16, 16]", "train.epochs=1", "train.steps=1"]
    recipe = config.read("membrane_unet", [*asked, f"data.path={tmp_path / 'data'}", "train.precision=float32"])
    result = lines.run(recipe, "membrane_unet", tmp_path / "out", Silent())
    assert result.summary["baselines"]["Otsu"]["error"]["mean"] < 0.5


# errors


def test_an_empty_folder_and_one_without_classes_say_what_was_looked_for_and_what_else_there_is(pets, tmp_path):
    with pytest.raises(RecipeError, match=r"1\.png', which is one recording; give the folder"):
        labelled(Data(path=str(pets / "cat" / "1.png")), "image")
    (tmp_path / "nothing").mkdir()
    with pytest.raises(FormatError, match=r"there is no recording; looked for class/file, found none.*data\.pattern="):
        labelled(Data(path=str(tmp_path / "nothing")), "image")
    with pytest.raises(FormatError, match=r"2 of 2 recordings lie in no class folder; .* found 1\.png, 2\.png\. Other"):
        labelled(Data(path=str(pets / "cat")), "image")


def test_what_stands_in_the_way_is_named_with_the_key_that_leaves_it_out(pets):
    (pets / "bird").mkdir()
    with pytest.raises(FormatError, match=r"1 of its folders hold no file: bird\. .*data\.skip=true"):
        labelled(Data(path=str(pets)), "image")
    (pets / "bird" / "notes.txt").write_text("none seen")
    with pytest.raises(FormatError, match=r"1 of 5 files cannot be read: bird/notes\.txt .*data\.skip=true"):
        labelled(Data(path=str(pets)), "image")
    with pytest.raises(ArgumentError, match=r"the pattern has pet \(in a recipe: data\.label=WORD\)"):
        labelled(Data(path=str(pets), pattern="{pet}/{_}.png"), "image")


def test_a_table_without_labels_or_with_gaps_in_its_groups_is_refused(pets):
    with pytest.raises(RecipeError, match=r"no column 'label'; its columns are path, kind; .*data\.label=COLUMN"):
        labelled(table(pets, "path,kind", "cat/1.png,cat", "dog/1.png,dog"), "image")
    with pytest.raises(FormatError, match=r"no column 'sort'.*data\.label=COLUMN"):
        labelled(table(pets, "path,kind", "cat/1.png,cat").model_copy(update={"label": "sort"}), "image")
    gaps = table(pets, "path,label,group", "cat/1.png,cat,theo", "dog/1.png,dog,")
    with pytest.raises(RecipeError, match=r"1 of 2 recordings have no group, dog/1\.png the first.*group=recording"):
        labelled(gaps, "image")
    rows = ["cat/1.png,cat,s1", "cat/2.png,cat,s1", "dog/1.png,dog,s2", "dog/2.png,dog,"]
    with pytest.raises(RecipeError, match=r"1 of 4 recordings have no subject, dog/2\.png the first"):
        labelled(table(pets, "path,label,subject", *rows), "image")


@pytest.mark.parametrize("how", ["each", "folds", "share"])
def test_one_group_in_a_table_is_not_taken_apart(pets, how):
    found = labelled(table(pets, "path,label,group", "cat/1.png,cat,theo", "dog/1.png,dog,theo"), "image")
    with pytest.raises(SplitError, match=r"one group only \(theo\).*data\.group=recording"):
        splits_of(Run(hold_out=how), found.groups, found.parts)
