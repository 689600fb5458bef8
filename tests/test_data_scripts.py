"""The data scripts against servers that work, lie, break off, stall and redirect; nothing leaves this machine."""

import hashlib
import os
import shutil
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from sigconv.errors import ArgumentError, FormatError, RecipeError
from sigconv.loaders import fetch as wire
from sigconv.recipe import fetch as command

# data set -> its folder among the real data, and the few of its files that are served here
AT_HAND = {
    "eegmmidb": ("eegmmidb_S001", ["*R03*"]),
    "fsdd": ("fsdd", ["recordings/0_theo_1*"]),
    "isbi2012": ("isbi2012_membrane", ["train/*/0.png", "UPSTREAM_LICENSE"]),
    "bandai_namco": ("motion_bvh", ["*_run_active_*"]),
    "totalsegmentator_sample": ("ct_totalseg_examples", ["example_seg*", "UPSTREAM_LICENSE"]),
    "usps": ("usps", ["*"]),
}


class Handler(SimpleHTTPRequestHandler):
    """Serves a folder, ranges too; `server.fault` says what goes wrong, `server.faults` how often."""

    def do_GET(self):
        self.server.asked.append((self.path, self.headers.get("Range", "")))
        if self.path.startswith("/moved"):
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/moved"))
            self.end_headers()
            return
        path = Path(self.directory) / self.path.lstrip("/")
        if not path.is_file() or self.server.fault == "missing":
            self.send_error(404)
            return
        content, first = path.read_bytes(), 0
        if wanted := self.headers.get("Range"):
            first = int(wanted.removeprefix("bytes=").rstrip("-"))
        self.send_response(206 if first else 200)
        self.send_header("Content-Length", str(len(content) - first))
        self.end_headers()
        self._send(content, first)

    def _send(self, content, first):
        spoilt = self.server.faults > 0
        self.server.faults -= 1
        rest = content[first:]
        if spoilt and self.server.fault == "cut":
            rest = rest[: len(rest) // 2]
        elif spoilt and self.server.fault == "changed":
            rest = rest[:-1] + bytes([rest[-1] ^ 1])
        elif spoilt and self.server.fault == "slow":
            self.wfile.write(rest[:1])
            self.wfile.flush()
            self.server.over.wait(60)
        self.wfile.write(rest)

    def log_message(self, *_):
        pass


@pytest.fixture
def serve(monkeypatch):
    """Serve a folder: the running server, with `address`, what was `asked`, and the `fault` to commit."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    running = []

    def start(folder):
        served = ThreadingHTTPServer(("127.0.0.1", 0), lambda *args: Handler(*args, directory=str(folder)))
        served.asked, served.fault, served.faults, served.over = [], "", 1 << 30, threading.Event()
        served.address = f"http://127.0.0.1:{served.server_port}"
        thread = threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        running.append((served, thread))
        return served

    yield start
    for served, thread in running:
        served.over.set()
        served.shutdown()
        thread.join()
        served.server_close()


@pytest.fixture
def made_up(tmp_path):
    """A data set of three files and the folder that holds a copy of it."""
    copy = tmp_path / "copy"
    (copy / "sub").mkdir(parents=True)
    files = []
    for number in range(3):
        path = copy / f"sub/{number}.bin"
        path.write_bytes(f"file {number} ".encode() * 40_000)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        files.append(wire.File(f"sub/{number}.bin", f"sha256:{digest}", path.stat().st_size))
    dataset = wire.Dataset("made_up", "Made up", "licence: none", "http://127.0.0.1:9", tuple(files))
    return dataset, copy


@pytest.fixture
def script(capsys):
    """Run a data set's command line: exit code, what it printed, what it complained about."""

    def run(dataset, folder, *options):
        code = command.main(dataset, [str(folder), *options])
        out, err = capsys.readouterr()
        return code, out, [line for line in err.splitlines() if line.startswith(dataset.name)]

    return run


def names(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def assert_same(folder, copy, files):
    for file in files:
        assert (folder / file.name).read_bytes() == (copy / file.name).read_bytes(), file.name


# known ---------------------------------------------------------------------------------------------------------------


@pytest.mark.data
@pytest.mark.parametrize("name", AT_HAND)
def test_the_real_files_arrive_from_a_server(name, real_data, serve, script, tmp_path):
    place, only = AT_HAND[name]
    dataset = command.dataset(name)
    options = [word for pattern in only for word in ("--only", pattern)]
    server = serve(real_data / place)
    code, out, complaints = script(dataset, tmp_path / "data", *options, "--mirror", server.address)
    assert (code, complaints) == (0, [])
    assert dataset.licence in out
    assert f"next: {dataset.then.format(folder=tmp_path / 'data')}" in out
    assert_same(tmp_path / "data", real_data / place, wire.chosen(dataset, only))


@pytest.mark.parametrize("name", command.names())
def test_every_data_set_says_what_it_is_where_it_lies_and_how_it_is_known(name):
    dataset = command.dataset(name)
    assert dataset.name == name
    assert dataset.home.startswith(("https://", "http://"))
    assert "licence" in dataset.licence
    assert "cite" in dataset.licence
    assert len({file.name for file in dataset.files}) == len(dataset.files) > 0
    for file in dataset.files:
        kind, _, digits = file.checksum.partition(":")
        assert (kind, len(digits)) in {("sha256", 64), ("md5", 32), ("", 0)}, file


# law -----------------------------------------------------------------------------------------------------------------


def test_the_second_call_downloads_nothing(made_up, serve, script, tmp_path):
    dataset, copy = made_up
    server = serve(copy)
    script(dataset, tmp_path / "data", "--mirror", server.address)
    asked = len(server.asked)
    code, out, _ = script(dataset, tmp_path / "data", "--mirror", server.address)
    assert (code, len(server.asked)) == (0, asked)
    assert "0 files fetched, 3 were there already" in out


def test_a_damaged_file_is_fetched_again_and_no_other(made_up, serve, script, tmp_path):
    dataset, copy = made_up
    server = serve(copy)
    script(dataset, tmp_path / "data", "--mirror", server.address)
    server.asked.clear()
    (tmp_path / "data/sub/1.bin").write_bytes(b"damaged")
    assert script(dataset, tmp_path / "data", "--mirror", server.address)[0] == 0
    assert server.asked == [("/sub/1.bin", "")]
    assert_same(tmp_path / "data", copy, dataset.files)


def test_a_cut_connection_is_taken_up_where_it_broke(made_up, serve, tmp_path):
    dataset, copy = made_up
    server = serve(copy)
    server.fault, server.faults = "cut", 1
    assert wire.fetch(dataset.files[:1], tmp_path, "http://127.0.0.1:9", server.address) == 1
    (_, first), (_, second) = server.asked
    assert (first, second) == ("", "bytes=131072-")
    assert_same(tmp_path, copy, dataset.files[:1])


def test_after_many_cuts_the_same_command_goes_on(made_up, serve, script, tmp_path):
    dataset, copy = made_up
    server = serve(copy)
    server.fault = "cut"
    code, _, complaints = script(dataset, tmp_path / "data", "--mirror", server.address)
    assert code == 2
    assert "run the same command again" in complaints[0]
    assert not [name for name in names(tmp_path / "data") if not Path(name).name.startswith(".")]
    server.fault = ""
    server.asked.clear()
    assert script(dataset, tmp_path / "data", "--mirror", server.address)[0] == 0
    assert any(wanted for _, wanted in server.asked)
    assert_same(tmp_path / "data", copy, dataset.files)


def test_a_redirect_is_followed(made_up, serve, script, tmp_path):
    dataset, copy = made_up
    assert script(dataset, tmp_path / "data", "--mirror", f"{serve(copy).address}/moved")[0] == 0
    assert_same(tmp_path / "data", copy, dataset.files)


def test_a_folder_is_a_mirror_too(made_up, script, tmp_path):
    dataset, copy = made_up
    assert script(dataset, tmp_path / "data", "--mirror", str(copy))[0] == 0
    assert_same(tmp_path / "data", copy, dataset.files)


def test_the_home_is_asked_by_the_files_own_addresses(made_up, serve, tmp_path):
    dataset, copy = made_up
    server = serve(copy)
    there, elsewhere = (
        wire.File(f"{name}.bin", file.checksum, file.size, url)
        for name, file, url in (
            ("a", dataset.files[0], "sub/0.bin"),
            ("b", dataset.files[1], f"{server.address}/sub/1.bin"),
        )
    )
    wire.fetch([there, elsewhere], tmp_path / "data", server.address)
    assert names(tmp_path / "data") == ["a.bin", "b.bin"]


# errors --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("fault", "message"), [("changed", "checksum is not sha256:"), ("missing", "404")])
def test_a_spoilt_file_leaves_nothing_and_one_line(made_up, serve, script, tmp_path, fault, message):
    dataset, copy = made_up
    server = serve(copy)
    server.fault = fault
    code, _, complaints = script(dataset, tmp_path / "data", "--mirror", server.address)
    assert code == 2
    assert len(complaints) == 1
    assert message in complaints[0]
    assert names(tmp_path / "data") == []


def test_a_server_that_falls_silent_is_given_up(made_up, serve, tmp_path, monkeypatch):
    dataset, copy = made_up
    server = serve(copy)
    server.fault = "slow"
    monkeypatch.setattr(wire, "SILENCE", 0.3)
    with pytest.raises(wire.FetchError, match="nothing came for"):
        wire.fetch(dataset.files[:1], tmp_path, server.address)


def test_a_file_of_another_size_is_not_kept(made_up, serve, tmp_path):
    _, copy = made_up
    wrong = wire.File("sub/0.bin", size=7)
    with pytest.raises(wire.FetchError, match="expected 7; nothing was kept"):
        wire.fetch([wrong], tmp_path / "data", serve(copy).address)
    assert names(tmp_path / "data") == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--only", "*.wav"], "fits none of the 3 files; there are: sub/0.bin"),
        (["--mirror", "ftp://127.0.0.1"], "an http(s) address or a folder"),
        (["--mirror", "http://127.0.0.1:9"], "cannot connect"),
        (["--mirror", "/no/such/folder"], "No such file"),
        ([], "cannot connect"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_line(made_up, script, tmp_path, options, message):
    code, _, complaints = script(made_up[0], tmp_path / "data", *options)
    assert code == 2
    assert len(complaints) == 1
    assert message in complaints[0]
    assert not (tmp_path / "data").exists() or names(tmp_path / "data") == []


def test_a_folder_that_cannot_be_made_is_named(made_up, script, tmp_path):
    (tmp_path / "file").touch()
    code, _, complaints = script(made_up[0], tmp_path / "file" / "below", "--mirror", str(made_up[1]))
    assert code == 2
    assert complaints == [f"made_up.py: {tmp_path}/file/below/sub: Not a directory"]


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only for root")
def test_a_read_only_folder_is_named(made_up, script, tmp_path):
    (tmp_path / "closed").mkdir(mode=0o500)
    code, _, complaints = script(made_up[0], tmp_path / "closed", "--mirror", str(made_up[1]))
    assert code == 2
    assert complaints == [f"made_up.py: {tmp_path}/closed/sub: Permission denied"]


def test_a_full_disk_is_noticed_before_anything_is_fetched(made_up, script, tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 9, 1))
    code, _, complaints = script(made_up[0], tmp_path / "data", "--mirror", str(made_up[1]))
    assert code == 2
    assert "are needed" in complaints[0]
    assert names(tmp_path / "data") == []


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/../../x", ""])
def test_a_file_never_lies_outside_its_folder(name):
    with pytest.raises(ArgumentError, match="below the folder"):
        wire.File(name)


def test_a_table_row_that_is_not_one_is_named():
    with pytest.raises(FormatError, match="line 2"):
        wire.table("a\tab\t1\nb ab 1")


def test_an_unknown_data_set_names_the_nearest():
    with pytest.raises(RecipeError, match="did you mean 'fsdd'"):
        command.dataset("fsd")
