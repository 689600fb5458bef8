"""The command line as a person meets it: exit codes, one line on stderr, nothing half-written."""

import os
import re
import signal
import subprocess
import sys

import numpy as np
import pytest
from typer.testing import CliRunner

from sigconv import filters, loaders
from sigconv.files import write_whole
from sigconv.loaders.eeg import edf_write
from sigconv.loaders.eeg.generator import motor_imagery
from sigconv.recipe.cli import app
from sigconv.signal import Signal

MEMORIES = ([], ["--bytes", "2"], ["--batch", "4"])
SIGCONV = [sys.executable, "-c", "from sigconv.recipe.cli import main; main()"]


def sigconv(*words, cwd=None):
    return subprocess.run([*SIGCONV, *map(str, words)], capture_output=True, text=True, cwd=cwd)


@pytest.fixture(scope="module")
def edf(tmp_path_factory):
    path = tmp_path_factory.mktemp("edf") / "in.edf"
    loaders.save(motor_imagery(subjects=1, trials=3)[0].read(), path)
    return path


def test_describe_writes_a_line_per_layer_and_what_they_come_to():
    done = sigconv("describe", "(CR)2P(CR)2P(CR)2PF", "--input", "3x64x64")
    assert done.returncode == 0
    said = done.stdout.splitlines()
    assert said[2] == "C1     C16    16×64×64         448      1,769,472    3×3  256 KiB"
    facts = {line[:15].strip(): line[17:] for line in said[-6:]}
    assert facts["parameters"] == "80,274 (314 KiB at 4 bytes a number)"
    assert facts["multiply-adds"] == "39,526,400 for one 3×64×64 input"
    assert facts["receptive field"] == "92×92 samples, from −14×−14 on"
    assert facts["smallest input"] == "3×8×8"


@pytest.mark.parametrize("size", ["1x128", "3x64x64", "1x32x32x32"])
def test_describe_draws_in_every_dimension(tmp_path, size):
    done = CliRunner().invoke(
        app, ["describe", "(CR)2P(CR)2PF", "--input", size, "--draw", str(tmp_path / "net.svg"), "--classes", "5"]
    )
    assert done.exit_code == 0, done.output
    assert f"drawing: {tmp_path}/net.svg" in done.output
    picture = (tmp_path / "net.svg").read_text(encoding="utf-8")
    assert picture.startswith("<svg ")
    assert "F1 F5 → 5</title>" in picture
    assert list(tmp_path.iterdir()) == [tmp_path / "net.svg"]


def test_describe_counts_bytes_and_examples():
    shown = [CliRunner().invoke(app, ["describe", "C8RP", "--input", "1x128", *more]).output for more in MEMORIES]
    assert [re.search(r"activations +(.*) forward", said)[1] for said in shown] == ["10.5 KiB", "7.25 KiB", "42 KiB"]


def test_describe_writes_repeated_blocks_once_unless_told_otherwise():
    words = ["describe", "C8([CRCR])9GF10", "--input", "3x16x16"]
    short, long = (CliRunner().invoke(app, [*words, *more]).output for more in ([], ["--whole", "--field"]))
    assert "the same 8 times more" in short
    assert len(long.splitlines()) > len(short.splitlines()) + 35
    assert long.splitlines()[0].split()[-3:] == ["step", "first", "memory"]


def test_sizes_are_found_backwards():
    assert "Ck3s2p1        3       2        1" in sigconv("sizes", "28", "14").stdout
    assert "Tk3s2p1o1" in sigconv("sizes", "14", "28", "--transposed").stdout
    assert "no convolution or pooling with a kernel of up to 11 turns 5 into 50" in sigconv("sizes", "5", "50").stdout


def test_recipes_begin_with_their_result():
    said = sigconv("recipes").stdout
    assert "eeg_motor_imagery" in said
    assert "leave-one-run-out" in said


def test_filter_keeps_channels_unit_events_and_start(edf, tmp_path):
    out = tmp_path / "out.edf"
    done = sigconv("filter", edf, out, "--bandpass", "7", "30 Hz", "--notch", "50")
    assert done.returncode == 0, done.stderr
    before, after = loaders.load(edf), loaders.load(out)
    assert (after.channels, after.unit, after.fs) == (before.channels, before.unit, before.fs)
    assert after.events == before.events
    assert after.notes["start_time"] == before.notes["start_time"]
    expected = filters.notch(filters.bandpass(before, 7, 30), 50)
    assert np.abs(after.data - expected.data).max() <= np.ptp(expected.data) / 65535
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize("causal", [False, True])
def test_filter_in_pieces_is_filter_on_the_whole(edf, tmp_path, monkeypatch, causal):
    out = tmp_path / "out.edf"
    monkeypatch.setattr(edf_write, "_AT_ONCE", 2000)
    more = ["--causal"] if causal else ["--smooth", "20 ms", "--resample", "125"]
    done = CliRunner().invoke(app, ["filter", str(edf), str(out), "--highpass", "2", "--average-reference", *more])
    assert done.exit_code == 0, done.output
    expected = filters.highpass(loaders.load(edf), 2, zero_phase=not causal)
    expected = filters.common_average(expected if causal else filters.smooth(expected, 0.02))
    expected = expected if causal else filters.resample(expected, 125)
    after = loaders.load(out)
    assert (after.fs, after.shape) == (expected.fs, expected.shape)
    assert np.all(np.abs(after.data - expected.data) <= np.ptp(expected.data, axis=1, keepdims=True) / 65535 + 1e-12)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the peak is read from /proc")
def test_filter_of_a_long_file_takes_little_memory(tmp_path):
    x = np.random.default_rng(0).normal(size=(32, 160)) * 1e-5
    piece = Signal.from_array(np.tile(x, (1, 60)), fs=160, unit="V", channels=[f"E{i}" for i in range(32)])
    header, path = tmp_path / "piece.edf", tmp_path / "long.edf"
    loaders.save(piece, header)
    begun = header.read_bytes()
    size = int(begun[184:192])
    times = 120  # two hours, 74 MB; in memory and in float64 that is 295 MB
    keeping = begun[:236] + str(60 * times).ljust(8).encode() + begun[244:size]
    path.write_bytes(keeping + begun[size:] * times)
    code = (
        "import sys\nfrom typer.testing import CliRunner\nfrom sigconv.recipe.cli import app\n"
        "done = CliRunner().invoke(app, ['filter', 'long.edf', 'out.edf', '--bandpass', '7', '30'])\n"
        "assert done.exit_code == 0, done.output\n"
        "peak = next(line for line in open('/proc/self/status') if line.startswith('VmHWM'))\n"
        "print(int(peak.split()[1]) // 1024)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 450
    assert loaders.open(tmp_path / "out.edf").axes[1].size == 160 * 60 * times


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["filter", "{edf}", "{tmp}/o.edf", "--lowpass", "80"], "80"),
        (["filter", "{edf}", "{tmp}/o.edf", "--lowpass", "80 mm"], "cannot turn 'mm'"),
        (["filter", "{edf}", "{tmp}/o.edf", "--bandpass", "30", "7"], "--bandpass 30 7: cutoff"),
        (["filter", "{edf}", "{tmp}/o.edf", "--lowpass", "200"], "sigconv: --lowpass 200: cutoff is 200 Hz; "),
        (["filter", "{edf}", "{tmp}/o.edf", "--notch", "0"], "sigconv: --notch 0: freq is 0 Hz; "),
        (["filter", "{edf}", "{tmp}/o.edf", "--smooth", "1 h"], "--smooth 3600: width is"),
        (["filter", "{edf}", "{tmp}/o.edf", "--resample", "0"], "sigconv: --resample 0: new_rate is"),
        (
            ["filter", "{edf}", "{tmp}/o.edf"],
            "--lowpass, --highpass, --notch, --smooth, --average-reference",
        ),
        (["filter", "{edf}", "{tmp}/o.edf", "--causal", "--smooth", "0.1"], "--causal does not go with --smooth"),
        (["filter", "{edf}", "{edf}", "--notch", "50"], "is the source itself"),
        (["filter", "{edf}", "{tmp}/o.wav", "--notch", "50"], ".wav"),
        (["filter", "{edf}", "{tmp}/no/such/o.edf", "--notch", "50"], "no/such"),
        (["filter", "{tmp}/none.edf", "{tmp}/o.edf", "--notch", "50"], "there is no such file"),
        (["filter", "{tmp}", "{tmp}/o.edf", "--notch", "50"], "is a folder"),
        (["predict", "{tmp}", "{edf}"], "holds no recipe.toml"),
        (["describe", "(CQ)2", "--input", "1x8"], "'Q' is not a layer"),
        (["describe", "CF", "--input", "8"], "channels x"),
        (["describe", "CF", "--input", "0x8"], "--input is '0x8'"),
        (["describe", "CF"], "--input is missing"),
        (["describe", "eeg_motor"], "did you mean 'eeg_motor_imagery'"),
        (["describe", "ResNet50"], "did you mean 'resnet50'"),
        (["describe", "CPPPF", "--input", "1x4"], "P3 at column 3: its grid is 1"),
        (["describe", "CF", "--input", "1x8", "--draw", "{tmp}/net.png"], "ends in .svg"),
        (["describe", "CF", "--input", "1x8", "--draw", "{tmp}/no/net.svg"], "no/net.svg"),
        (["run", "eeg_motor_imagery", "--out", "{edf}/run"], "{edf}/run"),
        (["run", "nothing"], "there is no recipe 'nothing'"),
        (["run", "eeg_motor_imagery", "trian.epochs=1"], "did you mean 'train'"),
        (["run", "eeg_motor_imagery", "data.path={edf}/x"], "no such file or folder"),
    ],
)
def test_a_wrong_input_is_one_message_and_exit_code_2(edf, tmp_path, words, said):
    filled = [word.format(edf=edf, tmp=tmp_path) for word in words]
    done = sigconv(*filled, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    told = [line for line in done.stderr.splitlines() if not line.endswith("…")]
    assert said.format(edf=edf) in done.stderr
    assert told[0].startswith("sigconv: ")
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_truncated_or_foreign_file_is_refused(edf, tmp_path):
    content = edf.read_bytes()
    for name, damaged in (("cut.edf", content[:-1000]), ("text.edf", b"hello" * 100), ("empty.edf", b"")):
        path = tmp_path / name
        path.write_bytes(damaged)
        done = sigconv("filter", path, tmp_path / "o.edf", "--notch", "50")
        assert done.returncode == 2
        assert str(path) in done.stderr
        assert not (tmp_path / "o.edf").exists()


def test_a_full_disk_is_told_and_leaves_nothing(edf, monkeypatch, tmp_path):
    def full(_file):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(tmp_path / "x", b"1")
    with pytest.raises(OSError, match="No space left"):
        loaders.save(loaders.load(edf), tmp_path / "o.edf")
    assert list(tmp_path.iterdir()) == []


def test_a_run_and_a_prediction_from_the_command_line(edf, tmp_path):
    small = ["data.made.subjects=2", "data.made.trials=8", "train.epochs=2"]
    ran = sigconv("run", "eeg_motor_imagery", *small, "--out", "r", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    for word in ("network", "baseline", "held out", "chance", "report: r/report.html"):
        assert word in ran.stdout
    said = sigconv("predict", "r", edf, cwd=tmp_path)
    assert said.returncode == 0, said.stderr
    table = (tmp_path / "in-predictions.csv").read_text()
    assert table.startswith(f"file,start_s,stop_s,p_left,p_right,predicted\n{edf},0.0,3.75,")
    assert (tmp_path / "in-predictions.png").stat().st_size > 5000


def test_one_channel_is_refused_by_the_net_that_needs_four(tmp_path):
    signal = motor_imagery(subjects=1, trials=4)[0].pick(["C3"]).read()
    for run in ("sub-1", "sub-2"):
        loaders.save(signal, tmp_path / f"{run}.edf")
    events = ["data.events.left=left", "data.events.right=right", "data.files=['*.edf']"]
    done = sigconv("run", "eeg_motor_imagery", f"data.path={tmp_path}", *events, "baseline.components=1", cwd=tmp_path)
    assert done.returncode == 2
    assert "at most the 1 channels of the data" in done.stderr


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_run_leaves_nothing_and_says_so(tmp_path, number, code):
    running = subprocess.Popen(
        [*SIGCONV, "run", "eeg_motor_imagery"], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=tmp_path
    )
    for line in running.stderr:
        if line.startswith("training"):
            break

    running.send_signal(number)
    _, said = running.communicate(timeout=30)
    assert running.returncode == code
    assert "nothing was left behind" in said
    assert list(tmp_path.iterdir()) == []
