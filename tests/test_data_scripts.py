"""The data scripts against servers that work, lie, break off and redirect; nothing here leaves this machine."""

import hashlib
import importlib.util
import os
import shutil
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent.parent / "data_scripts" / "eegmmidb.py"
FIRST = "S001/S001R03.edf"
TWO_RUNS = ["--runs", "3", "4"]


@pytest.fixture(scope="module")
def script():
    pytest.importorskip("pooch")
    spec = importlib.util.spec_from_file_location("eegmmidb", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Handler(SimpleHTTPRequestHandler):
    """Serves a folder; `server.fault` says what goes wrong with the first file."""

    def do_GET(self):
        self.server.asked.append(self.path)
        if self.path.startswith("/moved"):
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/moved"))
            self.end_headers()
        elif self.server.fault and self.path.endswith(FIRST):
            self._spoilt((Path(self.directory) / FIRST).read_bytes())
        else:
            super().do_GET()

    def _spoilt(self, content):
        if self.server.fault == "missing":
            return self.send_error(404)
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        cut = self.server.fault == "cut"
        self.wfile.write(content[: len(content) // 2] if cut else content[:-1] + bytes([content[-1] ^ 1]))
        return None

    def log_message(self, *_):
        pass


@pytest.fixture
def server(archive, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    served = ThreadingHTTPServer(("127.0.0.1", 0), lambda *args: Handler(*args, directory=str(archive.folder)))
    served.asked, served.fault = [], ""
    served.address = f"http://127.0.0.1:{served.server_port}"
    thread = threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield served
    served.shutdown()
    thread.join()
    served.server_close()


class Archive:
    """A folder laid out like the data set and the table that goes with it."""

    def __init__(self, folder, table):
        self.folder = folder
        self.table = table

    def same(self, folder, name=FIRST):
        return (folder / name).read_bytes() == (self.folder / name).read_bytes()


def made_up(folder):
    rows = []
    for run in (3, 4, 5):
        path = folder / f"S001/S001R{run:02}.edf"
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_bytes(f"run {run} ".encode() * 1000)
        rows.append(f"S001/{path.name} {path.stat().st_size} {hashlib.sha256(path.read_bytes()).hexdigest()}")
    return Archive(folder, "\n".join(rows))


@pytest.fixture(params=["made up", pytest.param("real", marks=pytest.mark.data)])
def archive(request, script, tmp_path):
    if request.param == "made up":
        return made_up(tmp_path / "archive")
    folder = request.getfixturevalue("real_data") / "eegmmidb_S001"
    if not (folder / FIRST).is_file():
        pytest.skip(f"no {FIRST} in {folder}")
    return Archive(folder, script.TABLE)


@pytest.fixture
def fetch(script, archive, tmp_path, capsys):
    """Run the script on DIR = tmp_path/data: exit code, folder, what it printed and what it complained about."""

    def run(*options, folder=tmp_path / "data"):
        code = script.main([str(folder), *options], archive.table)
        out, err = capsys.readouterr()
        complaints = [line for line in err.splitlines() if line.startswith("eegmmidb.py")]
        return code, folder, out, complaints

    return run


def names(folder):
    return sorted(p.name for p in folder.rglob("*") if p.is_file())


def test_two_runs_arrive_and_the_next_command_is_printed(fetch, archive, server):
    code, folder, out, complaints = fetch(*TWO_RUNS, "--mirror", server.address)
    assert (code, complaints) == (0, [])
    assert [name for name in names(folder) if name.endswith(".edf")] == ["S001R03.edf", "S001R04.edf"]
    assert archive.same(folder)
    assert "ODC-By" in out
    assert out.splitlines()[-1] == f"next: sigconv run eeg_motor_imagery data.path={folder}"


def test_the_second_call_downloads_nothing(fetch, archive, server):
    fetch(*TWO_RUNS, "--mirror", server.address)
    first = len(server.asked)
    code, _, out, _ = fetch(*TWO_RUNS, "--mirror", server.address)
    assert (code, len(server.asked)) == (0, first)
    assert f"0 files fetched, {first} were there already" in out


def test_a_damaged_file_is_fetched_again_and_no_other(fetch, archive, server):
    _, folder, _, _ = fetch(*TWO_RUNS, "--mirror", server.address)
    server.asked.clear()
    (folder / FIRST).write_bytes((folder / FIRST).read_bytes()[:-1])
    assert fetch(*TWO_RUNS, "--mirror", server.address)[0] == 0
    assert server.asked == [f"/{FIRST}"]
    assert archive.same(folder)


@pytest.mark.parametrize(
    ("fault", "message"), [("changed", "SHA-256"), ("missing", "404"), ("cut", "connection was cut")]
)
def test_a_spoilt_file_leaves_nothing_and_one_line(fetch, archive, server, fault, message):
    server.fault = fault
    code, folder, _, complaints = fetch(*TWO_RUNS, "--mirror", server.address)
    assert code == 2
    assert len(complaints) == 1
    assert message in complaints[0]
    assert names(folder) == []


def test_after_a_cut_the_same_command_goes_on(fetch, archive, server):
    server.fault = "cut"
    fetch(*TWO_RUNS, "--mirror", server.address)
    server.fault = ""
    code, folder, _, _ = fetch(*TWO_RUNS, "--mirror", server.address)
    assert code == 0
    assert archive.same(folder)


def test_a_redirect_is_followed(fetch, archive, server):
    code, folder, _, _ = fetch("--runs", "3", "--mirror", f"{server.address}/moved")
    assert code == 0
    assert archive.same(folder)


def test_a_folder_is_a_mirror_too(fetch, archive):
    code, folder, _, _ = fetch("--runs", "3", "--mirror", str(archive.folder))
    assert code == 0
    assert archive.same(folder)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--subject", "2"], "only the files of subject 1"),
        (["--runs", "1"], "runs 3 to 14"),
        (["--mirror", "ftp://127.0.0.1"], "an http(s) address or a folder"),
        (["--mirror", "http://127.0.0.1:9"], "cannot connect"),
        (["--mirror", "/no/such/folder"], "No such file"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_line(fetch, archive, options, message):
    code, folder, _, complaints = fetch(*options)
    assert code == 2
    assert len(complaints) == 1
    assert message in complaints[0]
    assert not folder.exists() or names(folder) == []


def test_a_folder_that_cannot_be_made_is_named(fetch, archive, tmp_path):
    (tmp_path / "file").touch()
    code, _, _, complaints = fetch("--mirror", str(archive.folder), folder=tmp_path / "file" / "below")
    assert code == 2
    assert complaints == [f"eegmmidb.py: {tmp_path}/file/below/S001: Not a directory"]


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only for root")
@pytest.mark.parametrize("part", ["closed", "closed/S001"])
def test_a_read_only_folder_is_named(fetch, archive, tmp_path, part):
    closed = tmp_path / "closed"
    (tmp_path / part).mkdir(parents=True, mode=0o500)
    code, _, _, complaints = fetch("--mirror", str(archive.folder), folder=closed)
    assert code == 2
    assert complaints == [f"eegmmidb.py: {closed}/S001: Permission denied"]


def test_a_full_disk_is_noticed_before_anything_is_fetched(fetch, archive, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 9, 1))
    code, folder, _, complaints = fetch("--mirror", str(archive.folder))
    assert code == 2
    assert "are needed" in complaints[0]
    assert names(folder) == []


def test_every_run_on_offer_is_in_the_table_once(script):
    files = script.known_files(script.TABLE, list(script.RUNS))
    assert len(files) == len({file.name for file in files}) == 24
    assert {len(file.sha256) for file in files} == {64}
