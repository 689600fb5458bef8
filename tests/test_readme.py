"""What the README shows works: its Python runs, its commands and options exist, its recipes are there."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from sigconv.recipe import config

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
PAGES = [ROOT / "README.md", *ROOT.glob("recipes/*/README.md")]
SHOWN = re.sub(r"\\\n\s*", "", "\n".join(page.read_text() for page in PAGES))  # a line that goes on is one
COMMANDS = re.findall(r"(?:^    |`)(sigconv [a-z]+[^\n`#]*)", SHOWN, re.M)


@pytest.mark.parametrize("code", re.findall(r"```python\n(.*?)```", README, re.S), ids=lambda c: c.split("\n")[0])
def test_python_blocks_run(code):
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_moving_average_is_what_the_readme_says():
    import numpy as np

    import sigconv

    x = np.random.default_rng(0).normal(size=(3, 250))
    expected = [np.convolve(row, np.ones(10) / 10, "same") for row in x]
    np.testing.assert_allclose(sigconv.moving_average(x, 10), expected, atol=1e-15)


def test_every_command_and_option_exists():
    assert len(COMMANDS) > 8
    told = {}
    for command in COMMANDS:
        verb = command.split()[1]
        if verb not in told:
            code = "from sigconv.recipe.cli import main; main()"
            done = subprocess.run([sys.executable, "-c", code, verb, "--help"], capture_output=True, text=True)
            assert done.returncode == 0, command
            told[verb] = done.stdout
        for option in re.findall(r"--[a-z-]+", command):
            assert option in told[verb], command


def test_every_run_that_is_shown_is_a_recipe_with_these_keys():
    shown = [shlex.split(command) for command in COMMANDS if command.split()[1] == "run"]
    assert len(shown) > 15
    for _, _, recipe, *rest in shown:
        config.read(recipe, [word for word in rest if re.match(r"[a-z_.]+=", word)])


def test_every_file_the_readme_names_is_there():
    for path in re.findall(r"\]\(([^)]+)\)|`(data_scripts/\w+\.py|tests/\w+\.py)", README):
        name = path[0] or path[1]
        assert (ROOT / name).exists(), name
