"""Decoders in a child process: whatever they do, the program lives, and is told."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from sigconv.errors import FormatError, MissingExtra, ResourceError
from sigconv.loaders import guarded

ROOT = Path(__file__).parents[2]
COMMAND = "from tests.loaders.crashing import serve; serve()"
GUARD = guarded.Guard(COMMAND)


@pytest.fixture
def guard():
    one = guarded.Guard(COMMAND)
    yield one
    one.close()


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.dcm"
    path.write_bytes(bytes(100))
    return path


def ask(guard, file, name, seconds=4, result=0, **arguments):
    return guard.call(file, name, arguments, result, seconds)


def gone(pid):
    """Whether the process has ended and been waited for, in at most 30 s."""
    for _ in range(1500):
        if not Path(f"/proc/{pid}").exists():
            return True
        time.sleep(0.02)
    return False


def test_facts_and_arrays_come_back_as_they_were(guard, file):
    told, arrays = ask(guard, file, "fine", size=70_000, more=True, result=140_000)
    assert told["path"] == str(file)
    assert told["group"] == [1, 2.5, None, "ü"]
    np.testing.assert_array_equal(arrays[0], np.arange(70_000, dtype=np.int16))
    assert arrays[0].dtype == np.int16
    assert arrays[1].shape == (0, 2)


def test_a_relative_path_is_read_from_where_the_caller_is(guard, file, monkeypatch):
    monkeypatch.chdir(file.parent)
    assert ask(guard, Path("a.dcm"), "fine")[0]["path"] == str(file)


def test_the_child_is_kept_and_not_ours(guard, file):
    first, again = (ask(guard, file, "fine")[0]["pid"] for _ in range(2))
    assert first == again != os.getpid()
    guard.close()
    assert gone(first)
    assert ask(guard, file, "fine")[0]["pid"] != first


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGKILL])
def test_a_crash_is_a_format_error_that_names_file_and_signal(guard, file, number):
    before = ask(guard, file, "fine")[0]["pid"]
    with pytest.raises(FormatError, match=rf"a\.dcm: the decoder die died on it: signal {int(number)} .*to crash"):
        ask(guard, file, "die", number=int(number))
    assert gone(before)
    assert ask(guard, file, "fine")[1][0].size == 3


def test_a_library_that_leaves_is_told(guard, file):
    with pytest.raises(FormatError, match="exit status 3"):
        ask(guard, file, "leave")


def test_a_decoder_that_computes_for_ever_is_killed(file, monkeypatch):
    monkeypatch.setattr(guarded, "PATIENCE", 600.0)  # the seconds of computing end it, however slow the clock
    patient = guarded.Guard(f"from sigconv.loaders import guarded; guarded.PATIENCE = 600.0; {COMMAND}")
    with pytest.raises(FormatError, match=r"a\.dcm: the decoder spin did not end"):
        ask(patient, file, "spin", seconds=1)
    assert ask(patient, file, "fine")[1][0].size == 3
    patient.close()


def test_a_decoder_that_waits_for_ever_is_killed(guard, file, monkeypatch):
    before = ask(guard, file, "fine")[0]["pid"]  # the child is up before patience is short
    monkeypatch.setattr(guarded, "PATIENCE", 0.5)
    with pytest.raises(FormatError, match="did not answer in time"):
        ask(guard, file, "sleep")
    assert gone(before)


def test_memory_beyond_what_the_file_justifies_is_refused(guard, file):
    with pytest.raises(ResourceError, match=r"a\.dcm: .*allowed for this file: 67109664"):
        ask(guard, file, "flood", count=70_000_000)
    assert ask(guard, file, "flood", count=70_000_000, result=1 << 27)[1][0].size == 1


def test_a_decoder_writes_no_large_files(guard, file, tmp_path):
    with pytest.raises(OSError, match="File too large"):
        ask(guard, file, "fill", target=str(tmp_path / "huge"))
    assert (tmp_path / "huge").stat().st_size <= 1 << 20


@pytest.mark.parametrize(
    ("kind", "error", "message"),
    [
        ("format", FormatError, r"^a\.dcm: no$"),
        ("resource", ResourceError, "too large"),
        ("extra", MissingExtra, r"sigconv\[volume\]"),
        ("absent", FileNotFoundError, "No such file"),
        ("other", FormatError, r"a\.dcm: the decoder refuse failed: KeyError: 'rows'"),
    ],
)
def test_errors_come_back_typed(guard, file, kind, error, message):
    with pytest.raises(error, match=message):
        ask(guard, file, "refuse", kind=kind)


def test_only_names_of_the_table_are_run(guard, file):
    with pytest.raises(FormatError, match="os:system"):
        ask(guard, file, "os:system")
    with pytest.raises(FormatError, match="fine"):
        guarded.call(file, "fine", {})  # what the tests have is not in the house's table


def test_threads_take_turns(guard, file):
    sizes, found = list(range(1, 41)), {}
    threads = [
        threading.Thread(target=lambda n=n: found.update({n: ask(guard, file, "fine", size=n)[1][0].size}))
        for n in sizes
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {n: n for n in sizes}


def _asked_in_worker(file):
    return os.getpid(), ask(GUARD, file, "fine")[0]["pid"]


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_worker_process_has_a_child_of_its_own(file, method):
    ours = ask(GUARD, file, "fine")[0]["pid"]
    with multiprocessing.get_context(method).Pool(2) as pool:
        answers = pool.map(_asked_in_worker, [file] * 8, chunksize=1)
        pool.close()
        pool.join()
    pairs = dict(answers)
    assert len(set(pairs.values()) | {ours}) == len(pairs) + 1
    assert all(gone(pid) for pid in pairs.values())
    assert ask(GUARD, file, "fine")[0]["pid"] == ours
    GUARD.close()


def test_a_worker_does_not_keep_its_parents_child_alive(file):
    ours = ask(GUARD, file, "fine")[0]["pid"]
    worker = multiprocessing.get_context("fork").Process(target=time.sleep, args=(60,))
    worker.start()
    GUARD._child.stdin.close()
    GUARD._child.wait(30.0)
    GUARD.close()
    worker.kill()
    worker.join()
    assert gone(ours)


@pytest.mark.parametrize("end", ["", "raise SystemExit(3)", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"])
def test_a_plain_script_needs_no_main_guard_and_leaves_no_process(file, tmp_path, end):
    script = tmp_path / "script.py"
    script.write_text(
        f"from pathlib import Path\nfrom sigconv.loaders import guarded\nguard = guarded.Guard({COMMAND!r})\n"
        f"print(guard.call(Path({str(file)!r}), 'fine', {{}}, 0, 4)[0]['pid'], flush=True)\n{end}\n"
    )
    shown = subprocess.run(
        [sys.executable, str(script)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert shown.stderr == ""
    assert gone(int(shown.stdout))


@pytest.fixture
def ctrl_c():
    """Python's own answer to Ctrl-C, which is off where the tests run in the background of a shell."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_during_an_answer_does_not_mix_up_the_next(guard, file):
    with pytest.raises(KeyboardInterrupt):
        ask(guard, file, "interrupt")
    assert ask(guard, file, "fine", size=5)[1][0].size == 5


def test_inside_the_workers_of_a_torch_loader(file):
    torch = pytest.importorskip("torch")

    class Files(torch.utils.data.Dataset):
        def __len__(self):
            return 8

        def __getitem__(self, index):
            return ask(GUARD, file, "fine", size=index + 1)[1][0].sum()

    loader = torch.utils.data.DataLoader(Files(), num_workers=2, batch_size=None)
    assert [int(one) for one in loader] == [n * (n + 1) // 2 for n in range(8)]


def test_the_answer_of_a_broken_child_is_not_believed(file):
    for written, message in (("zzzzzzzz", "nonsense"), ("ffffffff{}", "bytes of facts"), ("00000002[]", "nonsense")):
        broken = guarded.Guard(f"import sys; sys.stdin.readline(); sys.stdout.write({written!r})")
        with pytest.raises(FormatError, match=message):
            ask(broken, file, "fine")
    huge = json.dumps({"facts": {}, "arrays": [[[1 << 40], "<f8"]]})
    broken = guarded.Guard(f"import sys; sys.stdin.readline(); sys.stdout.write('%08x' % {len(huge)} + {huge!r})")
    with pytest.raises(FormatError, match="answered with 8796093022208 bytes"):
        ask(broken, file, "fine")
