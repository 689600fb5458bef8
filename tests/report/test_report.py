import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score, confusion_matrix
from sklearn.metrics import log_loss as their_log_loss

from sigconv.errors import ArgumentError
from sigconv.report import pictures
from sigconv.report.baseline import csp_lda
from sigconv.report.metrics import (
    Outcome,
    accuracy_by_group,
    accuracy_by_seed,
    accuracy_interval,
    confusion,
    interval,
    kappa,
    log_loss,
)
from sigconv.report.page import Section, page, png
from sigconv.windows import Loaded


@pytest.fixture
def outcomes():
    draw = np.random.default_rng(0)
    made = []
    for name, count in (("a", 30), ("b", 10)):
        for seed in (0, 1):
            p = draw.dirichlet(np.ones(3), count)
            made.append(Outcome(name, seed, draw.integers(3, size=count), p))
    return made


def test_metrics_equal_scikit_learn_s(outcomes):
    truth = np.concatenate([o.truth for o in outcomes])
    said = np.concatenate([o.predicted for o in outcomes])
    p = np.concatenate([o.probabilities for o in outcomes])
    counts = confusion(outcomes, 3)
    assert np.array_equal(counts, confusion_matrix(truth, said))
    assert kappa(counts) == pytest.approx(cohen_kappa_score(truth, said))
    assert log_loss(outcomes) == pytest.approx(their_log_loss(truth, p))


def test_accuracy_by_seed_weighs_windows_and_by_group_means_seeds():
    p = np.array([[1.0, 0], [1, 0], [1, 0]])
    made = [Outcome("a", 0, np.array([0, 0, 1]), p), Outcome("b", 0, np.array([1]), p[:1])]
    assert accuracy_by_seed(made) == {0: 0.5}
    assert accuracy_by_group(made) == {"a": pytest.approx(2 / 3), "b": 0}


def test_the_interval_by_hand_and_for_too_few():
    # t(0.975, 2) = 4.303; 0.9 -+ 4.303 * 0.1 / sqrt(3)
    assert interval([0.8, 0.9, 1.0]) == (pytest.approx(0.9 - 0.2484, abs=1e-4), 1.0)
    assert np.isnan(interval([0.8])).all()


def test_the_interval_belongs_to_the_share_of_windows_whatever_the_groups_sizes():
    said = np.array([[1.0, 0]] * 300)
    made = [Outcome("large", 0, np.arange(300) % 2, said)]
    made += [Outcome(f"small {i}", 0, np.zeros(4, int), said[:4]) for i in range(10)]
    low, high = accuracy_interval(made)
    assert (low + high) / 2 == pytest.approx(accuracy_by_seed(made)[0]) == pytest.approx(190 / 340)
    assert interval([0.5, 0.9, 0.7], [8, 8, 8]) == pytest.approx(interval([0.5, 0.9, 0.7]))


def test_the_interval_holds_the_truth_as_often_as_it_says():
    draw, inside = np.random.default_rng(0), 0
    for _ in range(400):
        sizes, rates = draw.integers(20, 200, 12), draw.beta(8, 3, 12)
        low, high = interval((draw.binomial(sizes, rates) / sizes).tolist(), sizes.tolist())
        inside += low <= 8 / 11 <= high
    assert 0.9 <= inside / 400 <= 0.98


def test_the_baseline_learns_power_and_not_noise():
    draw = np.random.default_rng(0)
    labels = np.arange(80) % 2
    data = draw.normal(size=(80, 6, 200)).astype(np.float32)
    data[:, 2] *= np.where(labels == 0, 1.6, 0.8)[:, None]
    windows = Loaded(data * np.float32(1e-5), labels, ("g",) * 80, ("x", "y"))
    train, test = windows.select(range(50)), windows.select(range(50, 80))
    p = csp_lda(train, test, 4)
    assert (p.argmax(1) == test.labels).mean() > 0.95
    np.testing.assert_allclose(p.sum(1), 1)
    with pytest.raises(ArgumentError, match="components is 7; allowed: 1 to 6"):
        csp_lda(train, test, 7)


def test_the_page_escapes_and_holds_its_pictures():
    made = page("<t>", "a & b", [Section("<s>", "<p>", [["<h>"], ["<c>"]], b"\x89PNG", "<code>")])
    for tag in ("<t>", "<s>", "<p>", "<h>", "<c>", "<code>"):
        assert tag not in made.replace("<p></p>", "").replace(f"<p>{tag}", "") or tag == "<p>"
    assert "&lt;p&gt;" in made
    assert "data:image/png;base64,iVBORw==" in made


def test_scalp_maps_are_drawn_and_bars_where_places_are_unknown():
    from sigconv.loaders.eeg.generator import motor_imagery

    recording = motor_imagery(subjects=1, trials=1)[0]
    patterns = np.random.default_rng(0).normal(size=(2, 31))
    for places in (recording.notes["positions"], {}):
        picture = png(pictures.scalp_map(patterns, recording.channels, places, ["1", "2"]))
        assert picture.startswith(b"\x89PNG")
        assert len(picture) > 5000


def test_the_confusion_of_many_classes_is_a_picture_of_bounded_size():
    for classes in (2, 20, 100, 1000):
        names = [f"class {number}" for number in range(classes)]
        width, height = pictures.confusion_matrix(np.eye(classes, dtype=int), names).get_size_inches()
        assert max(width, height) < 40
