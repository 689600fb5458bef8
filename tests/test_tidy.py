"""What the data scripts make of what they fetched, from small archives laid out like the real ones."""

import csv
import gzip
import io
import tarfile
import zipfile

import nibabel
import numpy as np
import pytest
from PIL import Image

from sigconv.errors import FormatError
from sigconv.loaders.tidy import unpacked, write_manifest
from sigconv.recipe.fetch import dataset


def make_zip(path, files):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)


def make_tar(path, files, mode="w:gz"):
    with tarfile.open(path, mode) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))


def table(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def tidied(name, folder, times=2):
    """Tidy as often as a user calls the script."""
    for _ in range(times):
        dataset(name).tidy(folder)


def test_esc50_lists_clips_with_the_recording_they_were_cut_from(tmp_path):
    meta = b"filename,fold,target,category,esc10,src_file,take\n1-100-A-0.wav,1,0,dog,True,100,A\n"
    make_zip(
        tmp_path / "ESC-50-master.zip",
        {"ESC-50-master/meta/esc50.csv": meta, "ESC-50-master/audio/1-100-A-0.wav": b"x"},
    )
    tidied("esc50", tmp_path)
    (row,) = table(tmp_path / "manifest.csv")
    assert row == {"path": "clips/ESC-50-master/audio/1-100-A-0.wav", "label": "dog", "group": "100", "fold": "1"}
    assert (tmp_path / row["path"]).is_file()


def test_speech_commands_lists_words_by_speaker_and_official_part(tmp_path):
    files = {
        "./validation_list.txt": b"yes/b_nohash_0.wav\n",
        "./testing_list.txt": b"no/c_nohash_1.wav\n",
        "./_background_noise_/hum.wav": b"x",
        **{f"./{name}": b"x" for name in ("yes/a_nohash_0.wav", "yes/b_nohash_0.wav", "no/c_nohash_1.wav")},
    }
    make_tar(tmp_path / "speech_commands_v0.02.tar.gz", files)
    tidied("speech_commands", tmp_path)
    rows = table(tmp_path / "manifest.csv")
    assert [(r["label"], r["group"], r["part"]) for r in rows] == [
        ("no", "c", "test"),
        ("yes", "a", "train"),
        ("yes", "b", "validation"),
    ]


def test_bci_iv_2a_lists_sessions(tmp_path):
    make_zip(tmp_path / "BCICIV_2a_gdf.zip", {"A01T.gdf": b"x", "A01E.gdf": b"x"})
    make_zip(tmp_path / "true_labels.zip", {"A01E.mat": b"x"})
    tidied("bci_iv_2a", tmp_path)
    rows = table(tmp_path / "manifest.csv")
    assert [(r["subject"], r["session"]) for r in rows] == [("A01", "evaluation"), ("A01", "training")]
    assert (tmp_path / "labels/A01E.mat").is_file()


def test_mnist_becomes_png_files_with_the_very_pixels(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (3, 28, 28), np.uint8)
    for part in ("train", "t10k"):
        head = bytes([0, 0, 8, 3]) + np.array([3, 28, 28], ">u4").tobytes()
        (tmp_path / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(head + images.tobytes()))
        head = bytes([0, 0, 8, 1]) + np.array([3], ">u4").tobytes()
        (tmp_path / f"{part}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(head + bytes([7, 0, 7])))
    tidied("mnist", tmp_path)
    with zipfile.ZipFile(tmp_path / "mnist.zip") as archive:
        assert archive.namelist()[:3] == ["train/7/00000.png", "train/0/00001.png", "train/7/00002.png"]
        read = np.asarray(Image.open(archive.open("test/7/00002.png")))
    np.testing.assert_array_equal(read, images[2])


def test_a_damaged_idx_file_is_named_and_leaves_nothing(tmp_path):
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(b"\0\0\x08\x03short"))
    with pytest.raises(FormatError, match=r"train-images.*not an IDX file of 3 axes"):
        dataset("mnist").tidy(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["train-images-idx3-ubyte.gz"]


def test_cifar10_becomes_png_files_in_their_colours(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (3, 32, 32), np.uint8)
    names = [*(f"data_batch_{n}" for n in range(1, 6)), "test_batch"]
    content = bytes([6]) + pixels.tobytes()
    make_tar(tmp_path / "cifar-10-binary.tar.gz", {f"cifar-10-batches-bin/{name}.bin": content for name in names})
    tidied("cifar10", tmp_path)
    with zipfile.ZipFile(tmp_path / "cifar10.zip") as archive:
        assert sorted(archive.namelist()) == ["test/frog/00000.png", *(f"train/frog/{n:05d}.png" for n in range(5))]
        read = np.asarray(Image.open(archive.open("train/frog/00003.png")))
    np.testing.assert_array_equal(read, pixels.transpose(1, 2, 0))


def test_organmnist3d_becomes_volumes_in_class_folders(tmp_path):
    volumes = np.random.default_rng(0).integers(0, 256, (2, 28, 28, 28), np.uint8)
    arrays = {f"{part}_images": volumes for part in ("train", "val", "test")}
    labels = {f"{part}_labels": np.array([[0], [10]], np.uint8) for part in ("train", "val", "test")}
    np.savez(tmp_path / "organmnist3d.npz", **arrays, **labels)
    tidied("organmnist3d", tmp_path)
    assert len(list(tmp_path.glob("volumes/*/*/*.nii.gz"))) == 6
    read = nibabel.load(tmp_path / "volumes/val/pancreas/0001.nii.gz")
    np.testing.assert_array_equal(np.asarray(read.dataobj), volumes[1])


def test_msd_unpacks_the_tasks_that_were_fetched(tmp_path):
    make_tar(tmp_path / "Task04_Hippocampus.tar", {"Task04_Hippocampus/dataset.json": b"{}"}, "w")
    tidied("msd", tmp_path)
    assert (tmp_path / "Task04_Hippocampus/Task04_Hippocampus/dataset.json").read_bytes() == b"{}"


def test_cmu_mocap_lists_trials_by_subject(tmp_path):
    make_zip(tmp_path / "allc3d_0.zip", {"subjects/07/07_01.c3d": b"x"})
    tidied("cmu_mocap", tmp_path)
    assert table(tmp_path / "manifest.csv") == [{"path": "allc3d_0/subjects/07/07_01.c3d", "group": "07"}]


def test_kth_lists_clips_by_person_and_scene(tmp_path):
    make_zip(tmp_path / "boxing.zip", {"person02_boxing_d3_uncomp.avi": b"x"})
    tidied("kth", tmp_path)
    (row,) = table(tmp_path / "manifest.csv")
    assert (row["label"], row["group"], row["scene"]) == ("boxing", "person02", "d3")


def test_ucf101_lists_clips_once_they_are_unpacked(tmp_path):
    lists = {f"ucfTrainTestlist/testlist0{n}.txt": b"Archery/v_Archery_g01_c01.avi\n" for n in (1, 2, 3)}
    make_zip(tmp_path / "UCF101TrainTestSplits-RecognitionTask.zip", lists)
    tidied("ucf101", tmp_path)
    assert not (tmp_path / "manifest.csv").exists()
    for clip in ("v_Archery_g01_c01", "v_Archery_g02_c01"):
        path = tmp_path / f"UCF-101/Archery/{clip}.avi"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    tidied("ucf101", tmp_path)
    rows = table(tmp_path / "manifest.csv")
    assert [(r["group"], r["split1"]) for r in rows] == [("Archery_01", "test"), ("Archery_02", "train")]


def test_an_archive_that_was_not_fetched_is_left_out_and_a_damaged_one_leaves_nothing(tmp_path):
    assert unpacked(tmp_path / "none.zip", tmp_path / "none", 100) is False
    (tmp_path / "bad.zip").write_bytes(b"PK\x03\x04 damaged")
    with pytest.raises(FormatError, match=r"bad\.zip"):
        unpacked(tmp_path / "bad.zip", tmp_path / "bad", 100)
    assert not (tmp_path / "bad").exists()


def test_an_empty_table_is_refused(tmp_path):
    with pytest.raises(FormatError, match="nothing to list"):
        write_manifest(tmp_path / "manifest.csv", ("path",), [])
    assert not (tmp_path / "manifest.csv").exists()
