"""The transfer recipe: few-shot curves of four ways to learn, drawn alike for all of them."""

import csv
import json

import numpy as np
import pytest

from sigconv import loaders, nets
from sigconv.errors import ArgumentError, RecipeError, SplitError
from sigconv.loaders.image.drawn_digits import STROKES as DIGITS
from sigconv.loaders.image.drawn_letters import STROKES as LETTERS
from sigconv.loaders.image.drawn_letters import drawn_letters
from sigconv.recipe import config, lines
from sigconv.recipe.image.few_shots import FROZEN, PIXELS, SCRATCH, TUNED, Task, methods
from sigconv.train import Settings
from sigconv.windows import Loaded
from tests.recipe.conftest import Silent

SMALL = ["source.made.writers=3", "source.made.each=20", "data.made.writers=4", "data.made.each=20", "few.shots=[1,2]"]
SMALL += ["few.draws=2", "few.steps=3", "train.epochs=1", "net.text=C4BRP F8R F"]


def task(classes=3, each=12):
    draw = np.random.default_rng(0)
    labels = np.repeat(np.arange(classes), each)
    data = (labels[:, None, None, None] + 0.1 * draw.normal(size=(len(labels), 1, 8, 8))).astype(np.float32)
    every = Loaded(data, labels, ("g",) * len(labels), tuple("abc"))
    return Task(every, every)


def run(out, *overrides):
    return lines.run(config.read("transfer_fc7", [*SMALL, *overrides]), "transfer_fc7", out, Silent())


# known


def test_letters_share_no_sign_with_digits_and_come_again():
    assert not set(LETTERS) & set(DIGITS)
    first, again = (drawn_letters(2, 10, seed=4)[13].read().data for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, drawn_letters(2, 10, seed=5)[13].read().data)
    with pytest.raises(ArgumentError, match="allowed"):
        drawn_letters(writers=0)


def test_a_run_writes_a_curve_for_each_way(tmp_path):
    result = run(tmp_path / "out")
    told = json.loads((tmp_path / "out" / "metrics.json").read_text())
    assert list(told["accuracy"]) == [FROZEN, TUNED, SCRATCH, PIXELS]
    assert len(told["accuracy"][FROZEN]["2"]["each"]) == 2
    assert told["tested_groups"] == 2
    with (tmp_path / "out" / "metrics.csv").open() as file:
        assert len(list(csv.DictReader(file))) == 4 * 2 * 2
    assert (tmp_path / "out" / "few_shot_curve.png").stat().st_size > 5000
    assert "digits" in result.told[1]


# law


def test_examples_are_so_many_of_each_class_and_the_same_for_every_method():
    few = task()
    chosen = few.drawn(4, draw=1)
    assert np.bincount(few.pool.labels[chosen]).tolist() == [4, 4, 4]
    np.testing.assert_array_equal(chosen, few.drawn(4, draw=1))
    assert not np.array_equal(chosen, few.drawn(4, draw=2))


def test_what_is_easy_is_learnt_and_the_source_stays_as_it_was():
    text = "C4RP F8R F"
    source = nets.build(nets.parse(text), nets.InputSpec(1, (8, 8)), classes=5, seed=0)
    before = {name: value.clone() for name, value in source.state_dict().items()}
    few = task()
    for name, method in methods(few, text, source, "F1", Settings(rate=0.01), steps=60).items():
        assert method(few.drawn(3, 0), 0) > 0.6, name
    assert all(value.equal(before[name]) for name, value in source.state_dict().items())


def test_weights_from_a_file_take_the_place_of_the_source(tmp_path):
    from safetensors.torch import save_file

    source = nets.build(nets.parse("C4BRP F8R F"), nets.InputSpec(1, (16, 16)), classes=7, seed=1)
    save_file(source.state_dict(), tmp_path / "w.safetensors")
    result = run(tmp_path / "out", f"net.weights={tmp_path / 'w.safetensors'}", "net.classes=7")
    assert "source_accuracy" not in result.summary
    assert result.summary["source"].endswith("w.safetensors")


def test_pictures_of_one_s_own_are_learnt(tmp_path):
    for picture in drawn_letters(2, 20, size=20):
        label = "vowel" if picture.notes["label"] in "AE" else "other"
        (tmp_path / "own" / label).mkdir(parents=True, exist_ok=True)
        loaders.save(picture, tmp_path / "own" / label / f"{picture.notes['name']}.png")
    assert run(tmp_path / "out", f"data.path={tmp_path / 'own'}").summary["classes"] == ["other", "vowel"]


# errors


def test_what_does_not_go_is_told(tmp_path):
    for told, error, match in (
        ("few.shots=[500]", SplitError, "take fewer"),
        ("net.layer=fc9", ArgumentError, "fc9"),
    ):
        with pytest.raises(error, match=match):
            run(tmp_path / "out", told)
    with pytest.raises(RecipeError, match="numbers that rise"):
        config.read("transfer_fc7", ["few.shots=[5,1]"])
    with pytest.raises(RecipeError, match=r"run\.hold_out"):
        config.read("transfer_fc7", ["run.hold_out=each"])
    with pytest.raises(RecipeError, match=r"give one seed: few\.draws says"):
        config.read("transfer_fc7", ["run.seeds=[0,1]"])
    assert not (tmp_path / "out").exists()
