"""The audio recipes: made-up words, folders that nobody prepared, the trained model on a new recording."""

import csv
import json

import numpy as np
import pytest

from sigconv import loaders
from sigconv.errors import FormatError, RecipeError, SigconvError
from sigconv.loaders.audio.generator import spoken_vowels
from sigconv.recipe import lines
from sigconv.recipe.audio.changed import augment
from sigconv.recipe.audio.trip import gather, windows
from sigconv.recipe.config import as_toml, read
from sigconv.signal import Axis, Signal
from sigconv.train.draws import generator
from tests.recipe.conftest import Silent

WAVES, LEVELS = "audio_digits_waveform", "audio_digits_spectrogram"
SMALL = ["data.made.speakers=2", "data.made.takes=1", "train.epochs=1", "net.text=C4k9s4BRPCBRGF", "run.model=first"]


def said(made, file, out, **placement):
    lines.predict(made, [file], out, lines.Placement(**placement), Silent())
    with out.open() as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """One small run of the spectrogram recipe."""
    out = tmp_path_factory.mktemp("runs") / "levels"
    lines.run(read(LEVELS, [*SMALL, "net.text=BC4BRPCBRGF"]), LEVELS, out, Silent())
    return out


@pytest.fixture
def words():
    """Two words of two made-up speakers, as Signals."""
    return [word.read() for word in spoken_vowels(speakers=2, takes=1) if word.notes["label"] in ("ia", "au")]


def at(signal, fs, channels=1):
    """The same sound at another rate and number of channels."""
    from sigconv.filters import resample

    sound = resample(signal, fs)
    names = [str(i) for i in range(channels)]
    return Signal(np.repeat(np.asarray(sound.data), channels, 0), (Axis.channel(names), sound.axes[1]))


@pytest.fixture
def folder(tmp_path, words):
    """Class folders with recordings of other rates, channels and formats, beside a README."""
    kinds = [(8000, 1, "wav"), (16000, 2, "flac"), (22050, 1, "wav"), (44100, 3, "wav")]
    for word, (fs, channels, suffix) in zip(words, kinds, strict=True):
        place = tmp_path / "mine" / word.notes["label"]
        place.mkdir(parents=True, exist_ok=True)
        loaders.save(at(word, fs, channels), place / f"{word.notes['speaker']}.{suffix}")
    return tmp_path / "mine"


# known


def test_a_run_says_what_network_and_baseline_reach_and_draws_what_they_heard(made):
    told = json.loads((made / "metrics.json").read_text())
    assert told["held_out_by"] == "speaker"
    assert list(told["accuracy_by_group"]) == ["S01", "S02"]
    assert 0 <= told["baselines"]["MFCC+SVM"]["accuracy"] <= 1
    assert {"sounds.png", "kernels.png", "confusion.png", "report.html"} <= {each.name for each in made.iterdir()}


def test_waveforms_go_the_same_way(tmp_path):
    result = lines.run(read(WAVES, SMALL), WAVES, tmp_path / "run", Silent())
    assert result.summary["windows"] == 20
    assert (tmp_path / "run" / "kernels.png").is_file()


def test_takes_that_the_recipe_names_are_the_test_part(tmp_path, words):
    for number, word in enumerate(words):
        for take in ("0", "7"):
            loaders.save(word, tmp_path / f"{word.notes['label']}_{number % 2}_{take}.wav")
    asked = [f"data.path={tmp_path}", "data.pattern={label}_{speaker}_{take}.wav"]
    asked += ["data.part=take", 'data.test=["0"]', "data.group=recording"]
    gathered = gather(read(LEVELS, asked), Silent())
    assert gathered.parts == ("test", "train") * (len(gathered.parts) // 2)
    assert len(set(gathered.groups)) == len(gathered.sources)


def test_other_rates_and_channels_are_brought_to_the_recipe_s(folder):
    recipe = read(LEVELS, [f"data.path={folder}"])
    gathered = gather(recipe, Silent())
    cut = windows(recipe, gathered, Silent())
    assert {source.axes[1].rate for source in gathered.sources} == {8000.0}
    assert gathered.labels == ("au", "au", "ia", "ia")
    alone = read(LEVELS, ["data.made.speakers=2", "data.made.takes=1"])
    made_up = gather(alone, Silent())
    same = windows(alone, made_up, Silent())
    at_8k = [i for i, source in enumerate(gathered.sources) if str(source.notes["path"]).endswith("ia/S01.wav")]
    ours = cut.batch(at_8k)[0]
    theirs = same.batch([made_up.labels.index("ia")])[0]
    assert np.abs(ours - theirs).mean() < 0.5  # dB: 16 bits


# law


@pytest.mark.parametrize("name", [WAVES, LEVELS])
def test_augmentation_keeps_shapes_and_is_the_same_for_the_same_draws(name):
    recipe = read(name, SMALL[:2])
    batch = _tensor(windows(recipe, gather(recipe, Silent()), Silent()).batch([0, 1, 2]))
    change = augment(recipe, None)
    once, again = (change(batch, None, [generator(0, "augment", 0, i) for i in range(3)])[0] for _ in range(2))
    assert once.equal(again)
    assert once.shape == batch.shape
    assert not once.equal(batch)
    assert once.isfinite().all()


def _tensor(x):
    import torch

    return torch.from_numpy(x)


@pytest.mark.parametrize("name", [WAVES, LEVELS])
def test_the_resolved_recipe_reads_back_as_itself(name, tmp_path):
    recipe = read(name, ['data.test=["0"]', "data.part=take"])
    (tmp_path / "recipe.toml").write_text(as_toml(recipe))
    assert read(str(tmp_path)) == recipe


def test_what_is_predicted_does_not_depend_on_rate_channels_or_loudness(made, words, tmp_path):
    sounds = [words[0], at(words[0], 44100, 2), words[0].with_data(0.2 * words[0].data)]
    rows = []
    for number, sound in enumerate(sounds):
        loaders.save(sound, tmp_path / f"{number}.wav")
        rows += said(made, tmp_path / f"{number}.wav", tmp_path / "said.csv")
    assert [row["start_s"] for row in rows] == ["0.0"] * 3
    p = np.array([[float(v) for k, v in row.items() if k.startswith("p_")] for row in rows])
    assert np.allclose(p, p[0], atol=0.02)


def test_over_a_long_recording_windows_slide_and_silence_is_left_out(made, words, tmp_path):
    pause = np.zeros((1, 16000), np.float32)
    x = np.concatenate([words[0].data, pause, words[1].data], axis=1)
    loaders.save(Signal(x, (words[0].axes[0], Axis.time(x.shape[1], 8000))), tmp_path / "long.wav")
    starts = [float(row["start_s"]) for row in said(made, tmp_path / "long.wav", tmp_path / "said.csv", step=0.1)]
    first, second = (word.axes[1].stop for word in words[:2])
    assert starts[0] == 0
    assert starts[-1] == pytest.approx(first + 2 + second - 0.7, abs=0.11)
    assert not any(first < start < first + 1.2 for start in starts)


# errors


def test_a_file_that_cannot_be_read_is_named_and_left_out_only_when_asked(folder):
    (folder / "ia" / "broken.wav").write_bytes(b"RIFF\x00\x00\x00\x00WAVEfmt ")
    with pytest.raises(FormatError, match=r"broken\.wav"):
        gather(read(LEVELS, [f"data.path={folder}"]), Silent())
    gathered = gather(read(LEVELS, [f"data.path={folder}", "data.skip=true"]), Silent())
    assert len(gathered.sources) == 4
    assert any("broken.wav" in left for left in gathered.skipped)


@pytest.mark.parametrize(
    ("name", "asked", "match"),
    [
        (WAVES, "augment.tempo=1.2", r"augment\.tempo changes log_mels, and sound\.features is 'waveform'"),
        (LEVELS, "augment.speed=1.2", r"augment\.speed changes waveforms"),
        (WAVES, 'augment.noise=["50 dB","10 dB"]', "from low to high"),
        (WAVES, "augment.noise=[10]", "from low to high"),
        (WAVES, 'data.test=["0"]', "part is empty"),
        (WAVES, 'sound.silence="30 ms"', "dB"),
        (WAVES, "sound.silense=3", "silence"),
        (LEVELS, "mel.bands=2", "greater than or equal to 4"),
    ],
)
def test_what_a_recipe_cannot_hold_is_refused(name, asked, match):
    with pytest.raises(RecipeError, match=match):
        read(name, [asked])


@pytest.mark.parametrize("asked", ["mel.bands=200", "mel.low=5000", "mel.window=1e-6"])
def test_bands_that_the_rate_cannot_hold_are_refused(asked):
    recipe = read(LEVELS, [asked, *SMALL[:2]])
    with pytest.raises(SigconvError, match=r"band|low|window"):
        windows(recipe, gather(recipe, Silent()), Silent())


@pytest.mark.parametrize(
    ("placement", "match"), [({"at": ("clap",)}, "has no event clap; its events: none"), ({"step": 0.0}, "step is 0")]
)
def test_windows_that_cannot_be_placed_are_refused(made, words, tmp_path, placement, match):
    long = np.tile(words[0].data, (1, 5))
    loaders.save(Signal(long, (words[0].axes[0], Axis.time(long.shape[1], 8000))), tmp_path / "one.wav")
    with pytest.raises(SigconvError, match=match):
        said(made, tmp_path / "one.wav", tmp_path / "said.csv", **placement)


def test_a_picture_is_no_sound(made, tmp_path):
    dot = Signal(np.zeros((1, 4, 4), np.uint8), (Axis.channel(["grey"]), Axis("y", 4), Axis("x", 4)))
    loaders.save(dot, tmp_path / "dot.png")
    with pytest.raises(SigconvError, match=r"dot\.png is of the domain 'image'; this model takes 'audio'"):
        said(made, tmp_path / "dot.png", tmp_path / "said.csv")
