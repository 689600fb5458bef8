"""What a person may ask of a run by mistake: each is refused in words, and nothing is written."""

import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

from sigconv import loaders
from sigconv.errors import ArgumentError, FormatError, RecipeError
from sigconv.recipe import config, lines
from sigconv.recipe.lines import Placement
from sigconv.signal import Axis, Signal
from tests.recipe.conftest import Silent

SHAPES = ["data.made.groups=4", "data.made.each=12", "train.epochs=1", "net.text=C2 R G F", "train.precision=float32"]
TISSUE = ["data.made.blocks=2", "data.made.sections=1", "data.made.size=32", "net.text=C2k3 R C2k1", "train.epochs=1"]
TISSUE += ["patch.size=[16, 16]", "patch.step=[16, 16]", "train.steps=1", "train.precision=float32"]
SOUNDS = ["data.made.speakers=2", "data.made.takes=1", "train.epochs=1", "net.text=C2 R G F", "run.model=first"]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A run of each of three recipes."""
    made = tmp_path_factory.mktemp("runs")
    for name, asked in (("image_objects", SHAPES), ("membrane_unet", TISSUE), ("audio_digits_spectrogram", SOUNDS)):
        lines.run(config.read(name, asked), name, made / name, Silent())
    return made


@pytest.fixture
def files(tmp_path):
    grid = (Axis("y", 40), Axis("x", 30))
    loaders.save(Signal(np.zeros((1, 40, 30), np.uint8), (Axis.channel(["grey"]), *grid)), tmp_path / "a.png")
    loaders.save(Signal.from_array(np.ones((1, 16000), np.float32) / 4, fs=8000), tmp_path / "a.wav")
    return tmp_path


# errors


def test_recordings_of_one_name_are_refused_and_a_wrong_one_among_good_ones_before_anything_is_written(runs, files):
    (files / "b").mkdir()
    shutil.copy(files / "a.png", files / "b" / "a.png")
    shutil.copy(files / "a.png", files / "c.png")
    (files / "d.png").write_bytes(b"hello")
    (files / "out").mkdir()
    for given, said in ((["a.png", "b/a.png"], "would both be written to"), (["c.png", "d.png"], "d.png")):
        chosen = [files / name for name in given]
        with pytest.raises((ArgumentError, FormatError), match=said):
            lines.predict(runs / "membrane_unet", chosen, files / "out", Placement(), Silent())
    assert list((files / "out").iterdir()) == []


@pytest.mark.parametrize(
    ("name", "fact"),
    [("image_objects", "classes"), ("membrane_unet", "chosen"), ("audio_digits_spectrogram", "longest")],
)
def test_a_model_that_lacks_a_fact_is_told(runs, files, name, fact):
    damaged = files / "run"
    shutil.copytree(runs / name, damaged)
    told = json.loads((damaged / "model.json").read_text())
    del told[fact]
    (damaged / "model.json").write_text(json.dumps(told))
    file = files / ("a.wav" if name.startswith("audio") else "a.png")
    with pytest.raises(FormatError, match=rf"model\.json: .*'{fact}'"):
        lines.predict(
            damaged, [file], files / ("said" if name == "membrane_unet" else "said.csv"), Placement(), Silent()
        )
    assert not list(files.glob("said*"))


@pytest.mark.parametrize(
    ("name", "file", "placement", "said"),
    [
        ("image_objects", "a.png", Placement(at=("T1",)), "has no time axis; leave --at out"),
        ("membrane_unet", "a.png", Placement(at=("T1",)), "a label map is of the whole recording: leave --at out"),
        ("image_objects", "a.png", Placement(step=0.0), "step is 0 s"),
        ("audio_digits_spectrogram", "a.wav", Placement(step=-1.0), "step is -1 s"),
        ("audio_digits_spectrogram", "a.wav", Placement(step=1e-9), "a sample every 0.000125 s"),
        ("audio_digits_spectrogram", "a.wav", Placement(at=("T1",)), "no event T1"),
    ],
)
def test_windows_that_a_recording_cannot_have_are_refused(runs, files, name, file, placement, said):
    with pytest.raises(ArgumentError, match=said):
        lines.predict(runs / name, [files / file], files / "said.csv", placement, Silent())
    assert sorted(path.name for path in files.iterdir()) == ["a.png", "a.wav"]


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("run.seeds=0", r"run\.seeds is 0: .*'run\.seeds=\[0\]'"),
        ("data.files=[a.edf]", r"valid list, .*'data\.files=\[\"a\.edf\"\]'"),
        ("run.seeds=[]", "at least 1 item, not 0"),
    ],
)
def test_a_list_is_shown_as_it_is_typed(key, said):
    with pytest.raises(RecipeError, match=said):
        config.read("eeg_motor_imagery", [key])


def test_ctrl_c_while_the_command_line_is_being_read_in_is_one_line(tmp_path):
    (tmp_path / "typer.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")
    # a job in the background is born deaf to Ctrl-C
    code = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    code += "from sigconv.command import main; main()"
    where = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=where)
    assert (done.returncode, done.stderr) == (130, "sigconv: stopped; nothing was begun\n")


@pytest.mark.parametrize("name", ["image_objects", "membrane_unet"])
@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("model.json", b"{", "model.json: not a model description"),
        ("model.json", b"[]", "model.json: not a model description"),
        ("model.json", b'{"version": 99, "sha256": ""}', "version 99; this sigconv reads up to"),
        ("model.safetensors", b"short", "the file is damaged"),
        ("recipe.toml", b"\xff", "another version of sigconv"),
        ("recipe.toml", b"domain = 'smell'", "another version of sigconv"),
    ],
)
def test_a_damaged_run_or_one_of_a_newer_version_is_told(runs, files, name, file, content, said):
    damaged = files / "run"
    shutil.copytree(runs / name, damaged)
    (damaged / file).write_bytes(content)
    with pytest.raises(FormatError, match=said):
        lines.predict(damaged, [files / "a.png"], files / "said.csv", Placement(), Silent())
    assert not (files / "said.csv").exists()
