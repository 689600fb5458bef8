"""Images in HDF5 tables: rows as recordings, and damaged or foreign files refused."""

import pickle

import h5py
import numpy as np
import pytest

from sigconv import loaders
from sigconv.errors import FormatError
from sigconv.loaders import kept


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "digits.h5"
    pixels = np.random.default_rng(0).random((5, 16), np.float32)
    with h5py.File(path, "w") as file:
        file.create_dataset("train/data", data=pixels, compression="gzip")
        file.create_dataset("train/target", data=[3, 1, 3, 1, 0])
        file.create_dataset("test/data", data=(255 * pixels[:2]).astype(np.uint8).reshape(2, 4, 4))
        file.create_dataset("test/target", data=[1, 3])
    return path, pixels


def changed(path, name, **given):
    """The table with one of its arrays made anew."""
    with h5py.File(path, "r+") as file:
        if name in file:
            del file[name]
        file.create_dataset(name, **given)
    return path


def test_each_row_is_a_picture_with_label_and_part(table):
    path, pixels = table
    found = loaders.hdf5_images(path)
    assert found.names[:3] == ("test/00000", "test/00001", "train/00000")
    assert found.where(part="train").labels == ("3", "1", "3", "1", "0")
    np.testing.assert_array_equal(found[3].read().data[0], pixels[1].reshape(4, 4))
    np.testing.assert_array_equal(found[3][:, 1:3, -1:].data[0], pixels[1].reshape(4, 4)[1:3, 3:])
    assert found[0].read().data.dtype == np.uint8


def test_a_recording_goes_to_another_process_and_is_read_again_there(table):
    path, pixels = table
    copy = pickle.loads(pickle.dumps(loaders.hdf5_images(path).opener("train/00004")))  # noqa: S301 - made here
    kept.forget()
    np.testing.assert_array_equal(copy.read().data.ravel(), pixels[4])


def test_a_file_that_changed_since_is_refused(table):
    path, _ = table
    one = loaders.hdf5_images(path)[0]
    changed(path, "more", data=[1])
    kept.forget()
    with pytest.raises(FormatError, match="has changed"):
        one.read()


@pytest.mark.data
def test_the_digits_of_1989_are_all_there(real_data):
    found = loaders.hdf5_images(real_data / "usps" / "usps.h5")
    assert (found.parts.count("train"), found.parts.count("test"), len(found.classes)) == (7291, 2007, 10)
    assert found.where(part="train").labels.count("0") == 1194


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("train/data", np.zeros((5, 15), np.float32), "a square number of pixels"),
        ("train/data", np.zeros((4, 16), np.float32), r"target of shape \(5,\)"),
        ("train/data", np.full((5, 16), np.nan, np.float32), "floats from 0 to 1"),
        ("train/data", np.full((5, 16), 2, np.float32), "floats from 0 to 1"),
        ("train/data", np.zeros((5, 16), np.int16), "expected uint8"),
        ("train/target", np.zeros(5, np.float32), "expected whole numbers"),
        ("train/target", [b"a"] * 5, "expected numbers"),
    ],
)
def test_other_layouts_are_named(table, name, data, told):
    with pytest.raises(FormatError, match=told):
        loaders.hdf5_images(changed(table[0], name, data=data))


def test_arrays_of_other_files_are_not_read(table, tmp_path):
    path, _ = table
    secret = tmp_path / "secret"
    secret.write_bytes(bytes(40))
    changed(path, "train/target", shape=(5,), dtype="i8", external=[(str(secret), 0, 40)])
    with pytest.raises(FormatError, match="lies elsewhere"):
        loaders.hdf5_images(path)
    with h5py.File(path, "r+") as file:
        del file["train/target"]
        file["train/target"] = h5py.ExternalLink("other.h5", "target")
    with pytest.raises(FormatError, match="lies elsewhere"):
        loaders.hdf5_images(path)


def test_what_is_no_such_table_says_what_was_looked_for(table, tmp_path):
    other = tmp_path / "other.h5"
    with h5py.File(other, "w") as file:
        file["x"] = [1]
    with pytest.raises(FormatError, match=r"looked for groups such as train and test.*found x"):
        loaders.hdf5_images(other)
    other.write_bytes(b"no HDF5 at all")
    with pytest.raises(FormatError, match="cannot be read as HDF5"):
        loaders.hdf5_images(other)


def test_spoilt_copies_are_read_or_refused(table, tmp_path):
    content = table[0].read_bytes()
    draw = np.random.default_rng(0)
    refused = 0
    for number in range(40):
        spoilt = bytearray(content)
        for at in draw.integers(0, len(content), 8):
            spoilt[at] ^= 1 << draw.integers(8)
        path = tmp_path / f"{number}.h5"
        path.write_bytes(bytes(spoilt if number % 2 else spoilt[: draw.integers(len(content))]))
        try:
            loaders.hdf5_images(path)[0].read()
        except FormatError:
            refused += 1
    assert 10 < refused < 40
