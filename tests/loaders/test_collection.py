"""Collections: what a folder, a table or a data set's own layout says of its recordings."""

import os
import shutil
import zipfile
from multiprocessing import get_context

import numpy as np
import pytest
from PIL import Image

from sigconv import windows
from sigconv.errors import ArgumentError, FormatError, ShapeError, SplitError
from sigconv.loaders.collections import collection as collections
from sigconv.loaders.collections.bids_tree import bids
from sigconv.loaders.collections.class_folders import class_folders
from sigconv.loaders.collections.collection import Collection
from sigconv.loaders.collections.dicom_tree import dicom_tree
from sigconv.loaders.collections.listing import files_below
from sigconv.loaders.collections.pattern import pattern
from sigconv.loaders.recording import of
from sigconv.signal import Event, Signal


def picture(path, value=0, size=(4, 3)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", size, value).save(path)


@pytest.fixture
def pets(tmp_path):
    """Four pictures in two class folders."""
    for number, name in enumerate(("cat/1.png", "cat/10.png", "cat/9.png", "dog/1.png")):
        picture(tmp_path / name, number)
    return tmp_path


def made(names, **fields):
    held = {name: of(Signal.from_array(np.zeros(9), 3)) for name in names}
    return Collection(tuple(names), held.__getitem__, fields)


# known ---------------------------------------------------------------------------------------------------------------


def test_folders_are_classes_and_recordings_open_when_asked(pets):
    found = class_folders(pets)
    assert found.names == ("cat/1.png", "cat/9.png", "cat/10.png", "dog/1.png")
    assert found.labels == ("cat", "cat", "cat", "dog")
    assert found.classes == ("cat", "dog")
    assert found.groups == found.names
    assert found.parts == ("",) * 4
    recording = found[2]
    assert recording.read().data[0, 0, 0] == 1
    assert (recording.notes["label"], recording.notes["name"], recording.notes["group"]) == ("cat", "10", "cat/10.png")
    assert [one.notes["label"] for one in found] == list(found.labels)
    assert found[-1].notes["label"] == "dog"
    assert repr(found) == "Collection(4 recordings, 2 classes, 4 groups)"


def test_train_and_test_folders_are_parts_and_may_lie_in_a_zip(tmp_path):
    for name in ("train/cat/1.png", "train/dog/2.png", "test/cat/3.png", "test/dog/4.png"):
        picture(tmp_path / "data" / name)
    with zipfile.ZipFile(tmp_path / "data.zip", "w") as out:
        for name in files_below(tmp_path / "data")[0]:
            out.write(tmp_path / "data" / name, name)
    for found in (class_folders(tmp_path / "data"), class_folders(tmp_path / "data.zip")):
        assert found.labels == ("cat", "dog", "cat", "dog")
        assert found.parts == ("test", "test", "train", "train")
        assert found.where(part="train", label="dog").names == ("train/dog/2.png",)
        split = windows.by_part(found.parts, found.groups)
        assert (split.train.tolist(), split.test.tolist()) == ([2, 3], [0, 1])
        with get_context("spawn").Pool(1) as pool:
            assert pool.apply(Collection.__getitem__, (found, 1)).notes["label"] == "dog"


def test_names_hold_labels_and_groups(tmp_path):
    for name in ("3_theo_0.png", "3_ann_1.png", "4_theo_12.png"):
        picture(tmp_path / name)
    (tmp_path / "notes.txt").write_text("not a candidate")
    found = pattern(tmp_path, "{digit}_{speaker}_{_}.png", label="digit", group="speaker")
    assert found.labels == ("3", "3", "4")
    assert found.groups == ("ann", "theo", "theo")
    assert set(found.fields) == {"digit", "speaker", "label", "group"}
    assert found[1].notes["speaker"] == "theo"


def test_a_mask_lies_on_the_grid_of_its_picture(tmp_path):
    for number in range(2):
        picture(tmp_path / f"image/{number}.png", 7)
        picture(tmp_path / f"label/{number}.png", number)
    found = pattern(tmp_path, "image/{n}.png", mask="label/{n}.png")
    assert found.mask(1).read().data.max() == 1
    picture(tmp_path / "label/1.png", size=(5, 3))
    with pytest.raises(ShapeError, match=r"mask of image/1\.png lies on another grid: .*any_grid=True"):
        found.mask(1)
    assert found.mask(1, any_grid=True).shape == (1, 3, 5)
    with pytest.raises(ArgumentError, match="field is 'mask'; this collection has: n"):
        pattern(tmp_path, "image/{n}.png").mask(0)
    (tmp_path / "label" / "0.png").unlink()
    with pytest.raises(FormatError, match=r"1 of 2 masks are not there: label/0\.png"):
        pattern(tmp_path, "image/{n}.png", mask="label/{n}.png")


def test_fields_are_added_chosen_and_counted():
    found = made(["a", "b", "c"], label=["x", "", "y"]).with_fields(part=["train", "test", "train"])
    assert found.classes == ("x", "y")
    assert found.where(part="train").names == ("a", "c")
    assert found.select([2, 0]).labels == ("y", "x")
    assert "label" not in found[1].notes
    with pytest.raises(
        ArgumentError, match=r"no item has part 'tset' \(did you mean 'test'\?\); there are test, train"
    ):
        found.where(part="tset")
    with pytest.raises(ArgumentError, match="field is 'lable'"):
        found.where(lable="x")
    with pytest.raises(ShapeError, match="field 'label' has 1 texts for 2"):
        made(["a", "b"], label=["x"])
    with pytest.raises(IndexError, match="number is 3; this collection has 3 recordings"):
        _ = found[3]
    for several in (slice(0, 2), "a", [0, 1]):
        with pytest.raises(ArgumentError, match=r"it takes one whole number; select\("):
            _ = found[several]


def test_a_collection_is_cut_around_its_events_and_opened_once():
    opened = []

    def opener(name):
        opened.append(name)
        return of(Signal.from_array(np.zeros((1, 100)), fs=10, events=[Event(2, 0, "T1")]))

    found = Collection(("a", "b"), opener, {"label": ("x", "y")})
    assert len(windows.around_events(found, {"T1": "x"}, 0, 1, found.groups)) == 2
    assert len(windows.whole(found, found.labels, found.groups, (5,))) == 2
    assert len(windows.patches(found, (50,), (50,), found.groups)) == 4
    assert opened == ["a", "b"] * 3


# law -----------------------------------------------------------------------------------------------------------------


def test_listing_opens_no_recording(tmp_path, monkeypatch):
    first = tmp_path / "a" / "0.png"
    picture(first)
    for label in "ab":
        (tmp_path / label).mkdir(exist_ok=True)
        for number in range(1, 500):
            os.link(first, tmp_path / label / f"{number}.png")
    counted = []
    opener = collections.doors.open
    monkeypatch.setattr(collections.doors, "open", lambda path: counted.append(path) or opener(path))
    found = class_folders(tmp_path)
    assert len(found) == 999
    assert counted == []
    _ = found[0], found[1]
    assert len(counted) == 2


def test_links_of_the_users_own_are_followed_and_circles_end(pets, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    picture(elsewhere / "fox" / "1.png")
    (pets / "fox").symlink_to(elsewhere / "fox")
    (pets / "cat" / "round").symlink_to(pets)
    found = class_folders(pets)
    assert "fox" in found.classes
    assert "cat/round/fox/1.png" not in found.names
    assert len(found) == 5


# real data -----------------------------------------------------------------------------------------------------------


@pytest.mark.data
def test_cifar_is_read_from_its_zip(real_data):
    found = class_folders(real_data / "cifar10_jpg_subset" / "cifar10_jpg_subset.zip")
    assert len(found) == 15_000
    assert len(found.classes) == 10
    assert len(found.where(part="train")) == 10_000
    assert found.where(part="test", label="ship")[7].shape == (3, 32, 32)
    split = windows.by_part(found.parts, found.groups)
    assert (len(split.train), len(split.test)) == (10_000, 5_000)


@pytest.mark.data
def test_spoken_digits_are_split_as_their_authors_do_and_by_speaker(real_data):
    found = pattern(real_data / "fsdd" / "recordings", "{digit}_{speaker}_{index}.wav", label="digit", group="speaker")
    assert (len(found), len(found.classes), len(set(found.groups))) == (3000, 10, 6)
    official = found.with_fields(part=["test" if int(i) < 5 else "train" for i in found.field("index")])
    split = windows.by_part(official.parts, official.names)
    assert (len(split.train), len(split.test)) == (2700, 300)
    with pytest.raises(SplitError, match="in both training and test"):
        windows.by_part(official.parts, official.groups)  # every speaker stands on both sides
    folds = windows.leave_one_group_out(found.groups)
    assert [len(fold.test) for fold in folds] == [500] * 6
    assert found[0].notes["speaker"] == "george"
    assert found[0].fs == 8000


@pytest.mark.data
def test_motion_files_and_motor_imagery_by_their_names(real_data):
    motion = pattern(real_data / "motion_bvh", "dataset-2_{content}_{style}_{id}.bvh", label="content", group="style")
    assert (len(motion), len(motion.classes), len(set(motion.groups))) == (140, 10, 7)
    assert motion[0].notes["label"] == "raise-up-both-hands"
    runs = pattern(real_data / "eegmmidb_S001" / "S001", "{subject}R{run}.edf", group="subject")
    assert len(runs) == 12
    assert set(runs.groups) == {"S001"}
    assert runs.where(run="04")[0].fs == 160


@pytest.mark.data
def test_a_dicom_tree_is_its_series(real_data, tmp_path):
    found = dicom_tree(real_data / "ct_dcm_qa_ge")
    assert len(found) == 1
    assert found[0].shape == (1, 28, 512, 512)
    assert found.groups == found.field("patient")
    (tmp_path / "readme.txt").write_text("nothing")
    with pytest.raises(FormatError, match=r"no DICOM series; .* found readme\.txt"):
        dicom_tree(tmp_path)


@pytest.mark.data
def test_a_bids_data_set_knows_its_people(real_data, tmp_path):
    source = real_data / "eegmmidb_S001" / "S001"
    for subject, run, name in (("01", "1", "S001R03.edf"), ("01", "2", "S001R04.edf"), ("02", "1", "S001R07.edf")):
        folder = tmp_path / f"sub-{subject}" / "ses-a" / "eeg"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"sub-{subject}_ses-a_task-motor_run-{run}_eeg.edf").symlink_to(source / name)
    (tmp_path / "derivatives").mkdir()
    (tmp_path / "derivatives" / "sub-01_task-motor_eeg.edf").write_text("not looked at")
    (tmp_path / "participants.tsv").write_text(
        "participant_id\tage\tgroup\nsub-01\t30\tpatient\nsub-02\tn/a\tcontrol\n"
    )
    found = bids(tmp_path, label="participant_group")
    assert found.groups == ("01", "01", "02")
    assert found.labels == ("patient", "patient", "control")
    assert found.field("run") == ("1", "2", "1")
    assert found.field("participant_age") == ("30", "30", "")
    assert "acquisition" not in found.fields
    assert found[2].notes["subject"] == "02"
    assert found[2].fs == 160
    with pytest.raises(ArgumentError, match="label is 'participant_sex'"):
        bids(tmp_path, label="participant_sex")
    (tmp_path / "sub-02" / "ses-a" / "eeg" / "sub-03_task-motor_eeg.edf").symlink_to(source / "S001R08.edf")
    with pytest.raises(FormatError, match="expected sub-03/"):
        bids(tmp_path)


# a folder that nobody prepared ---------------------------------------------------------------------------------------


def test_a_stray_file_is_counted_named_and_left_out_only_when_asked(pets):
    (pets / "README.md").write_text("hello")
    (pets / "cat" / "Thumbs.db").write_text("x")
    (pets / "cat" / "2.png").touch()
    (pets / "dog" / "gone.png").symlink_to(pets / "nowhere.png")
    (pets / "cat" / ".hidden").write_text("x")
    with pytest.raises(
        FormatError, match=r"4 of 8 files cannot be read: .*and 1 more\. Remove them, or pass skip=True"
    ):
        class_folders(pets)
    found = class_folders(pets, skip=True)
    assert len(found) == 4
    assert set(found.skipped) == {
        "README.md (no loader reads it)",
        "cat/Thumbs.db (no loader reads it)",
        "cat/2.png (empty)",
        "dog/gone.png (No such file or directory)",
    }
    assert "4 left out" in repr(found)


def test_damaged_recordings_are_found_before_a_long_run(pets):
    (pets / "cat" / "3.png").write_bytes((pets / "cat" / "1.png").read_bytes()[:30])
    found, seen = class_folders(pets), []
    faults = found.faults(progress=lambda: seen.append(1))
    assert list(faults) == [1]
    assert "cut short" in faults[1]
    assert len(seen) == 5
    assert len(found.select([i for i in range(len(found)) if i not in faults]).recordings()) == 4


def test_folders_without_order_say_what_was_looked_for(tmp_path, pets):
    (pets / "bird").mkdir()
    with pytest.raises(FormatError, match="1 of its folders hold no file: bird"):
        class_folders(pets)
    assert class_folders(pets, skip=True).skipped == ("bird (an empty folder)",)
    shutil.rmtree(pets / "bird")
    shutil.rmtree(pets / "dog")
    with pytest.raises(FormatError, match=r"one class only, 'cat'; .*found cat/1\.png, cat/9\.png, cat/10\.png"):
        class_folders(pets)
    picture(pets / "1.png")
    with pytest.raises(
        FormatError, match=r"1 of 4 recordings lie in no class folder; looked for class/file, found 1\.png"
    ):
        class_folders(pets)
    shutil.rmtree(pets / "cat")
    (pets / "1.png").unlink()
    with pytest.raises(FormatError, match="looked for class/file, found none"):
        class_folders(pets)
    with pytest.raises(FileNotFoundError, match="no such folder"):
        class_folders(pets / "nowhere")
    with pytest.raises(FormatError, match=r"no EEG of a BIDS data set; looked for sub-.*found none"):
        bids(pets)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{a}{b}.wav", "nothing stands behind {a}"),
        ("{a}_{a}.wav", "{a} is no word, or comes twice"),
        ("{1a}.wav", "{1a} is no word"),
        ("{}.wav", "{} is no word"),
        ("x.wav", "has one word in braces or more"),
        ("{a", "one word in braces"),
        ("{a}_{b}", "nothing stands behind {b}"),
    ],
)
def test_a_pattern_that_is_not_clear_is_refused(tmp_path, text, message):
    with pytest.raises(ArgumentError, match=message):
        pattern(tmp_path, text)


def test_names_that_are_written_otherwise_are_refused(pets):
    picture(pets / "1_a_x.png")
    picture(pets / "odd.png")
    with pytest.raises(FormatError, match=r"1 of 2 files that end like .* are written otherwise: odd\.png"):
        pattern(pets, "{n}_{who}_x.png".replace("_x.", "_{_}."))
    assert len(pattern(pets, "{n}_{who}_{_}.png", skip=True)) == 1
    with pytest.raises(FormatError, match=r"no file is written like '\{n\}_\{who\}\.wav'; found 1_a_x\.png, odd\.png"):
        pattern(pets, "{n}_{who}.wav")
    with pytest.raises(ArgumentError, match=r"label is 'whom' \(did you mean 'who'\?\); the pattern has n, who"):
        pattern(pets, "{n}_{who}_{_}.png", label="whom")


def test_a_zip_with_other_things_names_them(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as out:
        out.writestr("a/1.wav", b"1")
        out.writestr("__MACOSX/a/._1.png", b"1")
        out.writestr("a/1.png", b"1")
        out.writestr("b/1.png", b"1")
    with pytest.raises(FormatError, match=r"1 of 3 members are no images: a/1\.wav"):
        class_folders(tmp_path / "x.zip")
    found = class_folders(tmp_path / "x.zip", skip=True)
    assert found.names == ("a/1.png", "b/1.png")
    assert "does not begin with the signature" in found.faults()[0]
