"""Files that another file names: only in its own folder."""

import pytest

from sigconv.errors import FormatError
from sigconv.loaders.beside import beside


def test_a_file_in_the_folder_or_below_is_found(tmp_path):
    (tmp_path / "below").mkdir()
    for name in ("a.eeg", "below/b.eeg"):
        (tmp_path / name).touch()
        assert beside(tmp_path / "a.vhdr", name) == (tmp_path / name).resolve()


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../x", "../../etc/passwd", "below/../../x", "link", "linked/x", "~/x"]
)
def test_nothing_outside_the_folder_is_ever_found(tmp_path, name):
    home = tmp_path / "data"
    home.mkdir()
    (tmp_path / "x").touch()
    (home / "link").symlink_to("/etc/passwd")
    (home / "linked").symlink_to(tmp_path)
    with pytest.raises(FormatError, match=r"a\.vhdr: names"):
        beside(home / "a.vhdr", name)


@pytest.mark.parametrize("name", ["", "none.eeg", "a\0b", "x" * 5000, ".", "loop"])
def test_what_is_no_file_is_refused_by_name(tmp_path, name):
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(FormatError, match=r"a\.vhdr: names"):
        beside(tmp_path / "a.vhdr", name)
