import csv
import json
import re

import numpy as np
import pytest

from sigconv import loaders
from sigconv.errors import ArgumentError, FormatError, RecipeError, SamplingError, ShapeError, SplitError
from sigconv.loaders.eeg.generator import motor_imagery
from sigconv.recipe import config, folder, run
from sigconv.recipe.prediction import network_of
from tests.recipe.conftest import SMALL, Silent, predicted


@pytest.fixture(scope="session")
def recording_file(tmp_path_factory):
    """A made-up recording of a subject that no model has met, as EDF+."""
    path = tmp_path_factory.mktemp("edf") / "new.edf"
    loaders.save(motor_imagery(subjects=1, trials=6, seed=9)[0].read(), path)
    return path


def test_groups_of_the_training_side_choose_the_epoch_where_asked(tmp_path):
    asked = [*SMALL, "train.epochs=40", "train.patience=2", "run.validation=0.5"]
    run(config.read("eeg_motor_imagery", asked), "eeg", tmp_path / "out", Silent())
    rows = list(csv.DictReader((tmp_path / "out" / "learning_curves.csv").read_text().splitlines()))
    for fold in {row["held_out"] for row in rows}:
        scores = [
            (float(row["validation_score"]), -float(row["validation_loss"])) for row in rows if row["held_out"] == fold
        ]
        assert len(scores) == min(40, 1 + scores.index(max(scores)) + 2)
    with pytest.raises(RecipeError, match=r": train\.patience is 2; it waits for the score of run\.validation"):
        config.read("eeg_motor_imagery", ["train.patience=2"])
    with pytest.raises(RecipeError, match=r"run\.validation is 0\.2; a recipe of the kind 'online' has a training of"):
        config.read("digits_lenet1989", ["run.validation=0.2"])


def test_the_run_folder_holds_everything(small_run):
    assert sorted(p.name for p in small_run.iterdir()) == [
        "accuracy.png",
        "confusion.png",
        "environment.json",
        "learning_curves.csv",
        "learning_curves.png",
        "log.csv",
        "metrics.csv",
        "metrics.json",
        "model.json",
        "model.safetensors",
        "recipe.toml",
        "report.html",
        "run.log",
        "scalp_map.png",
        "spectrum.png",
        "temporal_kernels.png",
    ]
    assert config.read(str(small_run / "recipe.toml")) == config.read("eeg_motor_imagery", SMALL)


def test_metrics_agree_with_each_other(small_run):
    told = json.loads((small_run / "metrics.json").read_text())
    rows = [r for r in csv.DictReader((small_run / "metrics.csv").read_text().splitlines()) if r["model"] == "network"]
    right = sum(float(r["accuracy"]) * int(r["windows"]) for r in rows)
    assert told["accuracy"] == pytest.approx(right / told["windows"])
    assert np.sum(told["confusion"]) == told["windows"] == 48
    assert told["accuracy"] == pytest.approx(np.trace(told["confusion"]) / 48)
    assert (told["held_out_by"], told["groups"]) == ("subject", 3)


def test_the_report_opens_offline_and_escapes(small_run):
    page = (small_run / "report.html").read_text()
    assert not re.search(r"(src|href)\s*=\s*[\"'](?!data:)", page)
    assert page.count("data:image/png;base64,") == 6
    assert "C4k1b0" in page


def test_the_same_recipe_gives_the_same_model(small_run, tmp_path):
    run(config.read("eeg_motor_imagery", SMALL), "again", tmp_path / "again", Silent())
    for name in ("metrics.json", "model.safetensors", "learning_curves.csv"):
        assert (tmp_path / "again" / name).read_bytes() == (small_run / name).read_bytes(), name


@pytest.mark.parametrize(
    ("overrides", "error", "said"),
    [
        (["data.made.subjects=1"], SplitError, "one group only"),
        (["data.events.foo=x"], ArgumentError, "'foo'; present: left, right"),
        (["filter.high=80"], SamplingError, "7 to 80 Hz; allowed: 0 < low < high < 80 Hz"),
        (["window.stop=999"], SamplingError, "S01 lasts 84 s"),
        (["net.text=C4k1xF"], ValueError, "C4k1xF"),
        (["net.text=C4k1b0 (C4k25v)30 F"], ShapeError, "C26 at column 7: its grid is 24"),
        (["net.text=C4k5F"], ShapeError, "kernel 1 over all 31"),
        (["net.text=C4k1b0C4k25g4b0R:squareGR:logBF7"], ShapeError, "7"),
        (["train.start=random", "net.text=C4P"], ValueError, "2"),
        (["data.path=/nowhere"], FileNotFoundError, "/nowhere"),
        (["data.path=.", "data.task=nope"], RecipeError, "data.task is 'nope'.*hands_feet"),
        (["baseline.components=99"], ArgumentError, "99; allowed: 1 to 31"),
    ],
)
def test_a_run_that_cannot_be_leaves_nothing(tmp_path, overrides, error, said):
    with pytest.raises(error, match=said):
        run(config.read("eeg_motor_imagery", [*SMALL, *overrides]), "x", tmp_path / "runs" / "x", Silent())
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_fitting_files_says_what_is_there(tmp_path):
    (tmp_path / "S01R03.edf").write_bytes(b"")
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(RecipeError, match=r"no recording fits \*R05\.edf.*found there: S01R03\.edf"):
        run(config.read("eeg_motor_imagery", [f"data.path={tmp_path}"]), "x", tmp_path / "out" / "x", Silent())


def test_a_run_folder_is_never_overwritten(small_run):
    with pytest.raises(FileExistsError, match="exists already"), folder.building(small_run, ""):
        pass
    assert (small_run / "report.html").is_file()


def test_prediction_writes_times_and_probabilities(small_run, recording_file, tmp_path):
    out = tmp_path / "p.csv"
    rows = predicted(small_run, recording_file, out, 0.5, [])
    written = list(csv.DictReader(out.read_text().splitlines()))
    assert len(written) == len(rows)
    assert [float(r["start_s"]) for r in written[:3]] == [0, 0.5, 1]
    assert float(written[0]["stop_s"]) == 3.75
    assert all(float(r["p_left"]) + float(r["p_right"]) == pytest.approx(1, abs=2e-6) for r in written)
    assert out.with_suffix(".png").is_file()


def test_channels_are_found_by_name_in_any_order(small_run, recording_file, tmp_path):
    signal = loaders.load(recording_file)
    flipped = signal.with_data(
        signal.data[::-1].copy(), axes=(type(signal.axes[0]).channel(signal.channels[::-1]), signal.axes[1])
    )
    loaders.save(flipped, tmp_path / "flipped.edf")
    first = predicted(small_run, recording_file, tmp_path / "a.csv", 1, [])
    second = predicted(small_run, tmp_path / "flipped.edf", tmp_path / "b.csv", 1, [])
    for a, b in zip(first, second, strict=True):
        assert a["p_left"] == pytest.approx(b["p_left"], abs=1e-3)


def test_prediction_at_events_uses_the_trained_window(small_run, recording_file, tmp_path):
    rows = predicted(small_run, recording_file, tmp_path / "p.csv", 1, ["left", "right"])
    events = loaders.open(recording_file).events
    assert [r["start_s"] for r in rows] == pytest.approx([e.onset + 0.25 for e in events])
    assert [r["event"] for r in rows] == [e.label for e in events]


def test_a_recording_that_does_not_fit_the_model_is_refused(small_run, recording_file, tmp_path):
    signal = loaders.load(recording_file)
    kept = [c for c in signal.channels if c not in ("C3", "Pz")]
    loaders.save(loaders.of(signal).pick(kept).read(), tmp_path / "few.edf")
    with pytest.raises(ArgumentError, match="lacks the channels: C3, Pz; it has 29"):
        predicted(small_run, tmp_path / "few.edf", tmp_path / "p.csv", 1, [])
    from sigconv import filters

    loaders.save(filters.resample(signal, 128), tmp_path / "slow.edf")
    with pytest.raises(SamplingError, match=r"128 Hz, the model was trained at 160 Hz.*--resample 160"):
        predicted(small_run, tmp_path / "slow.edf", tmp_path / "p.csv", 1, [])
    with pytest.raises(ArgumentError, match=r"'lfet' \(did you mean 'left'"):
        predicted(small_run, recording_file, tmp_path / "p.csv", 1, ["lfet"])
    loaders.save(loaders.of(signal).read(0, 3), tmp_path / "short.edf")
    with pytest.raises(SamplingError, match=r"lasts 3 s; a window of 3\.75 s does not fit"):
        predicted(small_run, tmp_path / "short.edf", tmp_path / "p.csv", 1, [])
    assert not (tmp_path / "p.csv").exists()


def test_a_model_description_that_lies_is_a_format_error(small_run, tmp_path):
    for name in ("model.json", "model.safetensors", "recipe.toml"):
        (tmp_path / name).write_bytes((small_run / name).read_bytes())
    facts = json.loads((tmp_path / "model.json").read_text())
    for change in ({"net": "C8k1b0GF"}, {"shape": [3, 600]}, {"shape": "x"}, {"classes": 3}, {"shape": None}):
        (tmp_path / "model.json").write_text(json.dumps(facts | change))
        with pytest.raises(FormatError, match=r"model\.json"):
            network_of(tmp_path)


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize(("task", "least"), [("hands_feet", 0.978), ("left_right", 0.811)])
def test_the_real_data_figures(real_data, tmp_path, task, least):
    """The README's figures, with one seed: at least what CSP + LDA reaches, which itself is the published figure."""
    path = real_data / "eegmmidb_S001"
    result = run(
        config.read("eeg_motor_imagery", [f"data.path={path}", f"data.task={task}"]), "x", tmp_path / "r", Silent()
    )
    assert result.summary["baselines"]["CSP(6)+LDA"]["accuracy"] == pytest.approx(least, abs=0.001)
    assert result.summary["accuracy"] >= least
