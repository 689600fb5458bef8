import pytest

from sigconv.errors import RecipeError
from sigconv.recipe import config

TEXT = """# a comment
title = "x"
domain = "eeg"
[filter]
low = 7
high = "30 Hz"
[window]
start = "250 ms"
stop = 4
[net]
text = "F"
[baseline]
start = 0.5
stop = 3.5
"""


@pytest.fixture
def write(tmp_path):
    def to(text):
        path = tmp_path / "recipe.toml"
        path.write_text(text)
        return str(path)

    return to


def test_quantities_become_numbers_and_defaults_are_filled_in(write):
    recipe = config.read(write(TEXT))
    assert (recipe.filter.low, recipe.filter.high, recipe.window.start) == (7.0, 30.0, 0.25)
    assert recipe.run.seeds == [0]


@pytest.mark.parametrize(
    ("override", "value"),
    [
        ("train.epochs=7", ("train", "epochs", 7)),
        ("data.path=/some/where with spaces", ("data", "path", "/some/where with spaces")),
        ("data.files=['*.edf']", ("data", "files", ["*.edf"])),
        ("data.events.769=left", ("data", "events", {"769": "left"})),
        ("filter.low=8 Hz", ("filter", "low", 8.0)),
    ],
)
def test_overrides_lie_over_the_file(write, override, value):
    table, key, expected = value
    assert getattr(getattr(config.read(write(TEXT), [override]), table), key) == expected


@pytest.mark.parametrize("name", config.names())
def test_a_resolved_recipe_reads_back_as_itself(write, name):
    recipe = config.read(name, ["title=ü \" \\ ' \t"])
    assert config.read(write(config.as_toml(recipe))) == recipe


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("low = 7", "lwo = 7"), r"line 5: unknown key 'filter\.lwo' \(did you mean 'low'\?\)"),
        (("[net]", "[nett]"), r"line 10: unknown key 'nett' \(did you mean 'net'\?\)"),
        (("low = 7", "low = true"), r"line 5: filter\.low is True: expected a quantity"),
        (("low = 7", 'low = "7 mm"'), r"line 5: filter\.low is '7 mm': cannot turn 'mm'"),
        (("low = 7", "low = [7"), "not TOML"),
        (('text = "F"', "text = 3"), r"line 11: net\.text is 3"),
        (('domain = "eeg"', 'domain = "eggs"'), "line 3: domain is 'eggs'"),
        (("stop = 3.5", ""), r"the key 'baseline\.stop' is missing"),
    ],
)
def test_an_error_names_key_line_and_the_nearest(write, change, said):
    with pytest.raises(RecipeError, match=said):
        config.read(write(TEXT.replace(*change)))


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("trian.epochs=3", r"on the command line: unknown key 'trian' \(did you mean 'train'\?\)"),
        ("train.epohcs=3", r"on the command line: unknown key 'train\.epohcs' \(did you mean 'epochs'\?\)"),
        ("train.epochs=many", r"on the command line: train\.epochs is 'many'"),
        ("train.epochs=0", r"train\.epochs is 0"),
        ("train.epochs=2.5", r"train\.epochs is 2\.5"),
        ("train.epochs", "write key=value"),
        ("title.x=3", "title is a value, not a table"),
        ("run.seeds=[]", r"run\.seeds is \[\]"),
        ("run.seeds=[1,1]", "each seed once"),
        ("tasks.new.files=['a']", r"'tasks\.new\.events' is missing"),
    ],
)
def test_a_wrong_override_is_told(write, override, said):
    with pytest.raises(RecipeError, match=said):
        config.read(write(TEXT), [override])


def test_an_unknown_recipe_names_the_nearest():
    with pytest.raises(RecipeError, match=r"did you mean 'eeg_motor_imagery'"):
        config.read("eeg_motor_imagry")
