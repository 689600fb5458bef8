"""`sigconv run NAME --fetch DIR`: the public data of a recipe, and what is laid over it then."""

import pytest

from sigconv.errors import RecipeError
from sigconv.recipe import config, fetch, launch

WITH_DATA = [name for name in config.names() if config.read(name).real is not None]


def test_most_recipes_have_public_data():
    assert len(WITH_DATA) >= 11


@pytest.mark.parametrize("name", WITH_DATA)
def test_the_data_set_is_one_of_ours_and_the_keys_are_the_recipes(name):
    real = config.read(name).real
    assert fetch.dataset(real.dataset).name == real.dataset
    assert config.read(name, real.overrides).data.path.startswith("DIR")


@pytest.mark.data
def test_what_is_there_already_is_read_with_the_recipes_own_keys(real_data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    told = launch.run("digits_modern", ["train.epochs=1"], None, dry=True, real=real_data / "usps")
    assert "9298 of 1×16×16" in told
    assert list(tmp_path.iterdir()) == []


def test_a_recipe_without_public_data_says_so(tmp_path):
    with pytest.raises(RecipeError, match="smooth_eeg has no public data set of its own"):
        launch.run("smooth_eeg", [], None, dry=False, real=tmp_path)
