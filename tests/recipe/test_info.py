"""`sigconv info`: what a file is, in words and as a picture; what is wrong with it, in one line."""

import signal as signals
import sys

import numpy as np
import pytest

from sigconv import loaders
from sigconv.loaders.eeg.generator import motor_imagery
from sigconv.recipe import cli
from sigconv.recipe.info import info
from sigconv.report.page import png
from sigconv.report.preview import preview
from sigconv.signal import Axis, Event, Signal


@pytest.fixture
def command(monkeypatch, capsys):
    """Run the command line in this process: exit code, what it printed, what it complained about."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["sigconv", *arguments])
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        return stopped.value.code, *capsys.readouterr()

    kept = {number: signals.getsignal(number) for number in (signals.SIGINT, signals.SIGTERM)}
    yield run
    for number, handler in kept.items():
        signals.signal(number, handler)


@pytest.fixture
def edf(tmp_path):
    path = tmp_path / "sub-07_run-1.edf"
    loaders.save(motor_imagery(subjects=1, trials=2)[0], path)
    return path


def test_a_recording_is_told_in_words(edf):
    lines = info(edf).splitlines()
    assert lines[0] == f"{edf}: EEG"
    told = {line.split()[0]: line for line in lines[1:]}
    assert "@ 160 Hz" in told["time"]
    assert "left" in told["events"]
    assert told["subject"].endswith("07")
    assert told["unit"].endswith("V")


def test_the_command_prints_draws_and_counts_what_failed(command, edf, tmp_path):
    code, out, _ = command("info", str(edf), "--draw", str(tmp_path / "look.png"))
    assert code == 0
    assert "@ 160 Hz" in out
    assert (tmp_path / "look.png").read_bytes().startswith(b"\x89PNG")
    (tmp_path / "note.txt").write_text("hello")
    code, out, err = command("info", str(tmp_path / "note.txt"), str(edf))
    assert code == 2
    assert "@ 160 Hz" in out
    assert "not a recording that sigconv knows" in err


@pytest.mark.parametrize(
    ("options", "message"), [(["--draw", "x.svg"], "is a .png file"), (["more.edf", "--draw", "x.png"], "one picture")]
)
def test_wrong_options_are_told(command, edf, options, message):
    code, _, err = command("info", str(edf), *options)
    assert code == 2
    assert message in err


def test_the_cache_is_listed_and_cleaned(command, edf, tmp_path, monkeypatch):
    monkeypatch.setenv("SIGCONV_CACHE", str(tmp_path / "kept"))
    loaders.cached(loaders.open(edf))[...]
    code, out, _ = command("cache")
    assert code == 0
    assert f"1 entries, {float(out.split()[0]):.1f} MB in {tmp_path / 'kept'}" in out
    code, _, err = command("cache", "--clean", "much")
    assert code == 2
    assert "a size such as 0, 500MB" in err


def signal(*grid, channels=("a",), dtype=float, unit="", events=()):
    shape = (len(channels), *(axis.size for axis in grid))
    data = np.random.default_rng(0).integers(0, 200, shape).astype(dtype)
    return Signal(data, (Axis.channel(channels), *grid), unit, events)


YX = Axis("y", 6), Axis("x", 8)
ZYX = Axis("z", 4, "mm", 5), Axis("y", 6, "mm"), Axis("x", 8, "mm")
UNEVEN = Axis.at_positions("time", [0, 0.1, 0.3, 0.4], "s")


def walk(seen=1.0):
    names = [f"{marker}.{axis}" for marker in ("HEAD", "HIP") for axis in "xyz"]
    bones = {"joints": ("HIP", "HEAD"), "parents": (-1, 0)}
    notes = {"markers": ("HEAD", "HIP"), "up": "y", "skeleton": bones}
    data = seen * np.random.default_rng(0).normal(size=(6, 30))
    return Signal(data, (Axis.channel(names), Axis.time(30, 10)), "m", notes=notes)


@pytest.mark.parametrize(
    ("shown", "panels"),
    [
        (signal(Axis.time(320, 160), channels=("C3", "C4"), unit="V", events=[Event(0.5, 0, "T1")]), 1),
        (signal(Axis.time(320, 160)).with_data(np.full((1, 320), np.nan)), 1),
        (Signal(np.ones((2, 90_000)), (Axis.channel("ab"), Axis.time(90_000, 44_100)), notes={"domain": "audio"}), 2),
        (walk(), 8),
        (walk(np.nan), 8),
        (signal(Axis("freq", 5, "Hz", 10), Axis.time(20, 10)), 2),
        (signal(Axis.at_positions("freq", [1, 2, 4, 8], "Hz"), Axis.time(20, 10)), 2),
        (signal(*YX, channels=("red", "green", "blue"), dtype=np.uint8), 1),
        (signal(*YX, dtype=np.uint16), 1),
        (signal(Axis.time(20, 10), *YX, channels=("red", "green", "blue"), dtype=np.uint8), 8),
        (signal(UNEVEN, *YX, dtype=np.uint8), 4),
        (signal(*ZYX, unit="HU"), 3),
        (signal(Axis.at_positions("z", [0, 1, 3], "mm"), *ZYX[1:], unit="HU"), 3),
        (signal(Axis.time(3, 0.5), *ZYX), 3),
        (signal(Axis("z", 1, "mm", 5), *ZYX[1:]), 1),
    ],
    ids=lambda x: str(x) if isinstance(x, int) else "x".join(a.name for a in x.axes[1:]),
)
def test_every_kind_of_grid_has_a_picture(shown, panels):
    assert len(preview(loaders.of(shown)).axes) == panels


def test_a_volume_is_drawn_from_three_planes_and_no_more():
    asked = []
    whole = loaders.of(signal(*ZYX))

    class Counting:
        axes, unit, events, notes, read = whole.axes, whole.unit, whole.events, whole.notes, whole.read

        def samples(self, box):
            asked.append(tuple(last - first for first, last in box))
            return whole.samples(box)

    assert len(preview(Counting()).axes) == 3
    assert asked == [(1, 6, 8), (4, 1, 8), (4, 6, 1)]


def test_raised_hands_stay_in_the_picture():
    still = walk()
    raised = np.array(still.data)
    raised[1::3, 15] += 10
    panels = preview(loaders.of(still.with_data(raised))).axes
    assert {panel.get_ylim() for panel in panels} == {panels[0].get_ylim()}
    drawn = np.concatenate([line.get_ydata() for panel in panels for line in panel.lines])
    assert panels[0].get_ylim()[0] < drawn.min()
    assert drawn.max() < panels[0].get_ylim()[1]


def test_event_labels_are_seen_whatever_they_say():
    events = [Event(0.5, 0, r"$\frac$"), Event(1, 0, "仰卧")]
    shown = signal(Axis.time(320, 160), channels=[f"${i}^" for i in range(20)], events=events)
    figure = preview(loaders.of(shown))
    assert png(figure).startswith(b"\x89PNG")
    (ax,) = figure.axes
    assert [text.get_text() for text in ax.texts] == [r"$\frac$", "仰卧"]
    assert {text.xycoords for text in ax.texts} == {("data", "axes fraction")}
    assert ax.get_title(loc="right").startswith("16 of 20 channels")
