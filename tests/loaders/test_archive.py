"""Archives: what they hold comes out, what they claim does no harm."""

import io
import multiprocessing
import os
import shutil
import stat
import struct
import tarfile
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigconv.errors import FormatError, ResourceError, SigconvError
from sigconv.loaders import archive, limits
from tests.loaders.hostile import COUNT, mutated

FILES = {"a.txt": b"first", "deep/er/b.bin": bytes(range(256)) * 50, "deep/empty": b""}


def zipped(path, files, method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", method) as out:
        for name, content in files.items():
            out.writestr(name, content)
    return path


def tarred(path, entries, mode="w"):
    """entries: name -> bytes, or a TarInfo to be taken as it is."""
    with tarfile.open(path, mode) as out:
        for name, content in entries.items():
            if isinstance(content, tarfile.TarInfo):
                content.name = name
                out.addfile(content)
            else:
                info = tarfile.TarInfo(name)
                info.size, info.mode = len(content), 0o6777
                out.addfile(info, io.BytesIO(content))
    return path


def link(kind, target):
    info = tarfile.TarInfo()
    info.type, info.linkname = kind, target
    return info


def everything_in(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*"))


# known ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["zip", "stored", "w", "w:gz", "w:bz2", "w:xz"])
def test_what_was_packed_comes_out_and_nothing_else_is_left(tmp_path, kind):
    path = tmp_path / "data.bin"  # the content tells the kind, not the name
    if kind in ("zip", "stored"):
        zipped(path, FILES, zipfile.ZIP_DEFLATED if kind == "zip" else zipfile.ZIP_STORED)
    else:
        tarred(path, FILES, kind)
    written = archive.extract(path, tmp_path / "out")
    assert [str(p.relative_to(tmp_path / "out")) for p in written] == list(FILES)
    assert [p.read_bytes() for p in written] == list(FILES.values())
    assert {stat.S_IMODE(p.stat().st_mode) & 0o7111 for p in written} == {0}
    assert sorted(p.name for p in tmp_path.iterdir()) == ["data.bin", "out"]


def test_a_member_is_read_without_extracting_and_in_another_process(tmp_path):
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        found = archive.members(zipped(tmp_path / "x.zip", FILES, method))
        assert [member.inside for member in found] == list(FILES)
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            assert pool.map(archive.Member.content, found) == list(FILES.values())
        assert found[1].open().read(3) == b"\x00\x01\x02"
        assert (found[1].name, found[1].stem, str(found[1])) == ("b.bin", "b", f"{tmp_path}/x.zip/deep/er/b.bin")


def test_an_empty_folder_is_filled_a_full_one_is_not_touched(tmp_path):
    path = zipped(tmp_path / "x.zip", FILES)
    (tmp_path / "empty").mkdir()
    assert len(archive.extract(path, tmp_path / "empty")) == 3
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("mine")
    with pytest.raises(FileExistsError, match="holds something"):
        archive.extract(path, tmp_path / "full")
    assert everything_in(tmp_path / "full") == ["mine"]


def test_a_tar_begins_with_its_own_folder(tmp_path):
    folder = tarfile.TarInfo()
    folder.type = tarfile.DIRTYPE
    path = tarred(tmp_path / "x.tar", {"./": folder, "./a": b"1", "./b/c": b"2"})
    archive.extract(path, tmp_path / "out")
    assert everything_in(tmp_path / "out") == ["a", "b", "b/c"]


# law -----------------------------------------------------------------------------------------------------------------


@given(st.text(st.sampled_from("a./\\:\x00~"), max_size=12))
def test_an_inner_path_stays_inside(name):
    inside = archive.inner(name)
    if inside is not None:
        assert os.path.normpath(os.path.join("/folder", inside)).startswith("/folder")
        assert not set(inside) & set("\\:\x00")


def spoilt(tmp_path, path, content, seed):
    path.write_bytes(mutated(content, seed, header=len(content)))
    refused = None
    try:
        archive.extract(path, tmp_path / "out", most=1 << 20)
    except SigconvError as error:
        refused = str(error)
    return refused


@pytest.mark.parametrize("kind", ["zip", "w", "w:gz", "w:xz"])
def test_a_spoilt_archive_is_whole_or_not_there(tmp_path, kind):
    path = tmp_path / "x"
    _ = zipped(path, FILES) if kind == "zip" else tarred(path, FILES, kind)
    content, refusals = path.read_bytes(), 0
    for seed in range(COUNT):
        refused = spoilt(tmp_path, path, content, seed)
        assert (tmp_path / "out").exists() == (refused is None)
        if refused is None:
            shutil.rmtree(tmp_path / "out")
        else:
            refusals += 1
            assert str(path) in refused
        assert {p.name for p in tmp_path.iterdir()} == {"x"}
    assert refusals > COUNT // 4


# errors --------------------------------------------------------------------------------------------------------------

BAD_NAMES = ["../up", "a/../../up", "/etc/x", "c:x", "a\\..\\..\\up", "a\nb", "x" * 300]


@pytest.mark.parametrize("name", BAD_NAMES)
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_a_name_that_leaves_the_folder_is_refused(tmp_path, kind, name):
    outside = {p.name for p in tmp_path.iterdir()}
    files = {"good": b"1", name: b"2"}
    path = zipped(tmp_path / "x", files) if kind == "zip" else tarred(tmp_path / "x", files)
    with pytest.raises(FormatError, match="expected a relative path"):
        archive.extract(path, tmp_path / "deep")
    assert {p.name for p in tmp_path.iterdir()} == outside | {"x"}


@pytest.mark.parametrize(
    "entry",
    [
        link(tarfile.SYMTYPE, "/etc"),
        link(tarfile.SYMTYPE, "good"),
        link(tarfile.LNKTYPE, "../../etc/passwd"),
        link(tarfile.CHRTYPE, ""),
        link(tarfile.BLKTYPE, ""),
        link(tarfile.FIFOTYPE, ""),
    ],
    ids=["out", "in", "hard", "character", "block", "pipe"],
)
def test_links_devices_and_pipes_are_refused(tmp_path, entry):
    path = tarred(tmp_path / "x", {"good": b"1", "odd": entry, "odd/below": b"2"})
    with pytest.raises(FormatError, match="odd is a link, device"):
        archive.extract(path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_link_in_a_zip_is_refused(tmp_path):
    info = zipfile.ZipInfo("link")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    path = zipped(tmp_path / "x.zip", {info: "/etc"})
    for read in (archive.members, lambda p: archive.extract(p, tmp_path / "out")):
        with pytest.raises(FormatError, match="'link' is a link"):
            read(path)


def test_a_name_that_comes_twice_or_is_both_file_and_folder_is_refused(tmp_path):
    path = tmp_path / "x"
    zipped(path, {"a": b"1", "./a": b"2"})
    with pytest.raises(FormatError, match="comes twice"):
        archive.extract(path, tmp_path / "out")
    with pytest.raises(FormatError, match="file as well as a folder"):
        archive.extract(tarred(path, {"a": b"1", "a/b": b"2"}), tmp_path / "out")
    with pytest.raises(FormatError, match=r"'a' .* as well"):
        archive.extract(tarred(path, {"a/b": b"1", "a": b"2"}), tmp_path / "out")


def test_a_bomb_is_refused_before_it_goes_off(tmp_path):
    path = zipped(tmp_path / "bomb.zip", {"zeros": bytes(20_000_000)})
    assert path.stat().st_size < 50_000
    with pytest.raises(ResourceError, match="20000000 bytes or more; allowed: 1000000"):
        archive.extract(path, tmp_path / "out", most=1_000_000)
    with pytest.raises(ResourceError, match="take 20000000"):
        archive.extract(tarred(path, {"zeros": bytes(20_000_000)}, "w:gz"), tmp_path / "out", most=1_000_000)
    assert not (tmp_path / "out").exists()


def test_a_member_that_inflates_beyond_its_announced_size_is_refused(tmp_path, monkeypatch):
    path = zipped(tmp_path / "liar.zip", {"zeros": bytes(1_000_000)})
    content = path.read_bytes().replace(struct.pack("<I", 1_000_000), struct.pack("<I", 1000))
    path.write_bytes(content)
    with pytest.raises(FormatError, match=r"liar\.zip/zeros: 1001 bytes"):
        archive.members(path)[0].content()
    with pytest.raises(FormatError, match="zeros"):
        archive.extract(path, tmp_path / "out")
    monkeypatch.setenv(limits.NAME, "999")
    with pytest.raises(ResourceError, match="member zeros needs 1000 bytes; allowed: 999"):
        archive.members(path)[0].content()


def test_a_header_that_asks_for_gigabytes_is_refused(tmp_path):
    info = tarfile.TarInfo("pax")
    info.type, info.size = tarfile.XHDTYPE, 1 << 31
    path = tmp_path / "pax.tar.gz"
    path.write_bytes(zlib.compress(info.tobuf(tarfile.USTAR_FORMAT) + bytes(1 << 16), wbits=31))
    with pytest.raises(FormatError, match=r"header of 2147483648 bytes"):
        archive.extract(path, tmp_path / "out")


def test_a_tar_that_ends_between_members_is_cut_short(tmp_path):
    path = tarred(tmp_path / "x.tar", {"a": b"1" * 512, "b": b"2" * 512})
    path.write_bytes(path.read_bytes()[:1024])
    with pytest.raises(FormatError, match="byte 1024 holds b''"):
        archive.extract(path, tmp_path / "out")


def test_what_is_no_archive_says_so(tmp_path):
    (tmp_path / "x.zip").write_text("hello" * 1000)
    with pytest.raises(FormatError, match=r"x\.zip: .* not readable as zip or tar"):
        archive.extract(tmp_path / "x.zip", tmp_path / "out")
    with pytest.raises(FormatError, match="not readable"):
        archive.members(tmp_path / "x.zip")
    with pytest.raises(FileNotFoundError):
        archive.extract(tmp_path / "none.zip", tmp_path / "out")
    with pytest.raises(FileNotFoundError):
        archive.members(tmp_path / "none.zip")
    zipped(tmp_path / "good.zip", FILES)
    with pytest.raises(FileNotFoundError, match="no such folder to extract into"):
        archive.extract(tmp_path / "good.zip", tmp_path / "none" / "out")
