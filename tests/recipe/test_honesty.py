"""Nothing of what is held out reaches training; predicting equals evaluating; memory and disk have their limits."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from sigconv import loaders
from sigconv.loaders.eeg.generator import motor_imagery
from sigconv.recipe import config
from sigconv.recipe.classify import train_one
from sigconv.recipe.eeg.line import DOMAIN
from sigconv.recipe.prediction import model_of
from sigconv.train import probabilities
from sigconv.windows import Loaded, leave_one_group_out
from tests.recipe.conftest import SMALL, Silent, predicted


def quiet(_told=""):
    return None


def read_windows(recipe):
    return DOMAIN.windows(recipe, DOMAIN.gather(recipe, Silent()), Silent()).load()


@pytest.fixture(scope="module")
def windows():
    recipe = config.read("eeg_motor_imagery", SMALL)
    return recipe, read_windows(recipe)


def test_poisoned_held_out_labels_and_samples_change_no_weight(windows):
    recipe, whole = windows
    split = leave_one_group_out(whole.groups)[1]
    labels, data = whole.labels.copy(), whole.data.copy()
    labels[split.test] = 1 - labels[split.test]
    data[split.test] = 1e6
    poisoned = Loaded(data, labels, whole.groups, whole.classes)
    clean, dirty = (
        train_one(DOMAIN, recipe, w.select(split.train), 0, w.select(split.test), None, quiet).module.state_dict()
        for w in (whole, poisoned)
    )
    assert all(torch.equal(clean[key], dirty[key]) for key in clean)


def test_predicting_at_events_equals_evaluating_the_same_windows(small_run, windows, tmp_path):
    _, whole = windows
    recording = motor_imagery(subjects=3, trials=16)[0]
    loaders.save(recording.read(), tmp_path / "s1.edf")
    rows = predicted(small_run, tmp_path / "s1.edf", tmp_path / "p.csv", 1, ["left", "right"])
    mine = whole.select([i for i, group in enumerate(whole.groups) if group == "S01"])
    expected = probabilities(model_of(small_run).module, mine.data)
    got = np.array([[row["p_left"], row["p_right"]] for row in rows])
    # EDF's 16 bits are the only difference
    np.testing.assert_allclose(got, expected, atol=2e-3)


def test_predictions_never_replace_a_recording(small_run, tmp_path):
    path = tmp_path / "in.edf"
    loaders.save(motor_imagery(subjects=1, trials=2)[0].read(), path)
    before = path.read_bytes()
    for out in (path, tmp_path / "p.png"):
        with pytest.raises(ValueError, match=r"are a \.csv file"):
            predicted(small_run, path, out, 1, [])
    assert path.read_bytes() == before


def test_without_alignment_the_network_still_learns():
    recipe = config.read("eeg_motor_imagery", [*SMALL, "filter.align=0", "train.epochs=20"])
    whole = read_windows(recipe)
    fitted = train_one(DOMAIN, recipe, whole, 0, None, None, quiet)
    assert fitted.history[-1].loss < 0.6


LARGE = """
import sys
from pathlib import Path
path = Path(sys.argv[1])
def field(value, width):
    return str(value).ljust(width).encode()
signals, records = 64, 200_000
columns = [([f"E{i}" for i in range(signals)], 16), ([""] * signals, 80), (["uV"] * signals, 8),
           ([-1000] * signals, 8), ([1000] * signals, 8), ([-32768] * signals, 8), ([32767] * signals, 8),
           ([""] * signals, 80), ([160] * signals, 8), ([""] * signals, 32)]
head = (field(0, 8) + field("X", 80) + field("X", 80) + b"01.01.2000.00.00" + field(256 * (signals + 1), 8)
        + field("", 44) + field(records, 8) + field(1, 8) + field(signals, 4))
head += b"".join(field(v, width) for values, width in columns for v in values)
with path.open("wb") as file:
    file.write(head)
    file.truncate(len(head) + records * signals * 160 * 2)
from sigconv import loaders
from sigconv.recipe import config
from sigconv.recipe.eeg.trip import band_passed
from sigconv.windows import sliding

def peak():
    line = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
    return int(line.split()[1]) // 1024

before = peak()
source = band_passed(loaders.open(path), config.read("eeg_motor_imagery").filter)
cut = sliding(source, 3.75, 1000)
for i in range(len(cut)):
    assert cut.read(i).shape == (64, 600)
print(path.stat().st_size, len(cut), peak() - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the peak is read from /proc")
def test_windows_of_four_gigabytes_take_at_most_200_mb(tmp_path):
    """A sparse file, so it takes no disk; the peak is beyond what the imports take."""
    done = subprocess.run([sys.executable, "-c", LARGE, str(tmp_path / "large.edf")], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    size, count, megabytes = map(int, done.stdout.split())
    assert size > 4e9
    assert count == 200
    assert megabytes <= 200


def test_a_disk_that_takes_nothing_is_one_line_and_leaves_nothing(tmp_path):
    code = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)); from sigconv.recipe.cli import main; main()"
    )
    words = ["run", "eeg_motor_imagery", "--out", "a/b/c", *SMALL]
    done = subprocess.run([sys.executable, "-B", "-c", code, *words], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 2
    told = [line for line in done.stderr.splitlines() if line.startswith("sigconv: ")]
    assert len(told) == 1, done.stderr
    assert "too large" in told[0]
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []
