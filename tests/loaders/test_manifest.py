"""Manifests: tables as people write them."""

import pytest
from PIL import Image

from sigconv.errors import ArgumentError, FormatError
from sigconv.loaders.collections.manifest import manifest


@pytest.fixture
def folder(tmp_path):
    inside = tmp_path / "data"
    (inside / "audio").mkdir(parents=True)
    for name in ("a.png", "b, c.png", "audio/d.png"):
        Image.new("L", (3, 3)).save(inside / name)
    Image.new("L", (3, 3)).save(tmp_path / "outside.png")
    return inside


def written(folder, text, name="table.csv", encoding="utf-8"):
    (folder / name).write_text(text, encoding=encoding)
    return folder / name


# known ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("line", ["\n", "\r\n"])
def test_a_table_with_quotes_a_mark_and_blank_lines(folder, encoding, line):
    rows = ["path,label,group,age", "a.png,cat,x,3", "", '"b, c.png","the ""big"" dog",y,', "audio/d.png,cat,x,5", ""]
    found = manifest(written(folder, line.join(rows), encoding=encoding))
    assert found.names == ("a.png", "b, c.png", "audio/d.png")
    assert found.labels == ("cat", 'the "big" dog', "cat")
    assert found.groups == ("x", "y", "x")
    assert found.field("age") == ("3", "", "5")
    assert found[2].notes["age"] == "5"


@pytest.mark.parametrize("mark", ["\t", ";"])
def test_tabs_and_semicolons_divide_as_well(folder, mark):
    found = manifest(written(folder, f"Path{mark}Label\na.png{mark}cat\n", "table.tsv"))
    assert found.labels == ("cat",)


def test_columns_of_another_name_and_paths_from_another_folder(folder):
    (folder / "meta").mkdir()
    table = written(folder / "meta", "filename,fold,category\nd.png,1,dog\n")
    found = manifest(table, {"path": "filename", "label": "category", "group": "fold"}, folder=folder / "audio")
    assert (found.labels, found.groups) == (("dog",), ("1",))
    assert found[0].shape == (1, 3, 3)


def test_a_mask_may_stand_in_the_table(folder):
    found = manifest(written(folder, "path,mask\na.png,audio/d.png\naudio/d.png,\n"))
    assert found.mask(0).shape == (1, 3, 3)
    with pytest.raises(ArgumentError, match=r"audio/d\.png has no mask"):
        found.mask(1)


# errors --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["../outside.png", "/etc/passwd", "audio/../../outside.png", "link.png", "away/outside.png"]
)
def test_a_path_that_leaves_the_folder_is_refused_by_line(folder, name):
    (folder / "link.png").symlink_to(folder.parent / "outside.png")
    (folder / "away").symlink_to(folder.parent)
    for table in (f"path\na.png\n{name}\n", f"path,mask\naudio/d.png,\na.png,{name}\n"):
        with pytest.raises(FormatError, match=r"line 3 names .* not below .*outside=True"):
            manifest(written(folder, table))
    if name != "/etc/passwd":
        assert len(manifest(written(folder, f"path\n{name}\n"), outside=True)) == 1


def test_a_link_that_stays_inside_is_a_file_like_others(folder):
    (folder / "audio" / "again.png").symlink_to(folder / "a.png")
    assert len(manifest(written(folder, "path\naudio/again.png\n"))) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file,label\na.png,x\n", r"no column 'path'; its columns are file, label\. Tell which one it is"),
        ("pathh,label\na.png,x\n", r"no column 'path' \(did you mean 'pathh'\?\)"),
        ("path,label\na.png\n", r"line 2 has 1 cells, expected 2: path, label"),
        ("path,label\n\n\na.png,x,y\n", r"line 4 has 3 cells"),
        ("path,path\na.png,x\n", r"expected a name for each, once"),
        ("path,\na.png,x\n", r"expected a name for each"),
        ("path,Path\na.png,x\n", r"two of its columns mean the same"),
        ("path\n", r"1 rows with text"),
        ("", r"0 rows with text"),
        ("path\na.png\na.png\n", r"'a\.png' comes twice"),
        ('path\n"a.png\n', r"line 2: unexpected end of data"),
        ("path,label\n,x\n", r"line 2 has no path"),
        ("path\nnone.png\na.png\n", r"1 of 2 files cannot be read: none\.png \(No such file"),
    ],
)
def test_a_table_that_is_wrong_says_where(folder, text, message):
    with pytest.raises(FormatError, match=f"data.*{message}"):
        manifest(written(folder, text))


def test_rows_without_a_file_are_left_out_when_asked(folder):
    found = manifest(written(folder, "path,label\nnone.png,x\na.png,y\n"), skip=True)
    assert (found.names, found.labels) == (("a.png",), ("y",))
    assert found.skipped == ("none.png (No such file or directory)",)


def test_text_that_is_not_utf8_and_columns_that_mean_nothing(folder):
    with pytest.raises(FormatError, match="byte 0 is 0xff, which is no UTF-8"):
        manifest(written(folder, "path\na.png\n", encoding="utf-16"))
    with pytest.raises(ArgumentError, match=r"columns has 'lable' \(did you mean 'label'\?\)"):
        manifest(written(folder, "path\na.png\n"), {"lable": "x"})
    with pytest.raises(FileNotFoundError):
        manifest(folder / "none.csv")
