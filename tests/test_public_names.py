"""`import sigconv` gives the promised names, quickly and quietly."""

import subprocess
import sys
from importlib.util import find_spec

import pytest

import sigconv


def fresh(code: str, *, folder: str | None = None) -> str:
    """What a fresh interpreter prints for `code`."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


HAND = [
    "convolve",
    "correlate",
    "lfilter",
    "sosfilt",
    "lfilter_zi",
    "sosfilt_zi",
    "lfiltic",
    "filtfilt",
    "sosfiltfilt",
    "decimate",
    "resample_poly",
    "deconvolve",
    "moving_average",
    "exponential_average",
    "gaussian",
    "median",
    "savgol",
    "sobel",
    "laplacian",
    "convolution_matrix",
    "CCDE",
    "Signal",
    "Axis",
    "load",
    "open",
]
ROOMS = ["filters", "loaders", "windows", "nets", "train", "report", "recipe"]


@pytest.mark.parametrize("name", HAND + ROOMS)
def test_every_promised_name_is_there(name):
    assert getattr(sigconv, name) is not None
    assert name in dir(sigconv)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="convolv"):
        _ = sigconv.convolv


@pytest.mark.parametrize("room", ROOMS)
def test_every_name_a_room_lists_exists(room):
    module = getattr(sigconv, room)
    for name in module.__all__:
        assert getattr(module, name) is not None, f"{room}.{name}"


def test_no_file_of_nets_hides_a_function():
    functions = set(sigconv.nets.__all__) - {"measure", "named"}
    assert [name for name in functions if find_spec(f"sigconv.nets.{name}")] == []


def test_import_sigconv_is_light():
    heavy = "{'torch', 'mne', 'numba', 'matplotlib', 'scipy', 'sklearn', 'pydantic', 'typer', 'rich'}"
    assert fresh(f"import sys, sigconv; print(sorted({heavy} & set(sys.modules)))") == "[]"


@pytest.mark.parametrize("room", ["filters", "loaders", "nets"])
def test_rooms_without_training_do_not_load_torch_or_mne(room):
    heavy = "{'torch', 'mne', 'matplotlib', 'av', 'PIL', 'pydicom', 'nibabel', 'soundfile', 'librosa', 'h5py'}"
    assert fresh(f"import sys, sigconv.{room}; print(sorted({heavy} & set(sys.modules)))") == "[]"


def test_the_command_line_helps_without_loading_torch():
    code = (
        "import sys\nsys.argv = ['sigconv', '--help']\nfrom sigconv.recipe.cli import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code\n"
        "print('heavy', sorted({'torch', 'mne', 'matplotlib', 'scipy', 'pydantic'} & set(sys.modules)))"
    )
    said = fresh(code)
    assert said.endswith("heavy []")
    assert all(verb in said for verb in ("run", "recipes", "describe", "export", "filter", "predict"))


def test_import_opens_no_socket_and_writes_no_file(tmp_path):
    code = (
        "import sys\n"
        "def watch(event, args):\n"
        "    if event.startswith('socket.') or (event == 'open' and set('wax+') & set(str(args[1] or ''))\n"
        "            and '__pycache__' not in str(args[0])):\n"
        "        raise SystemExit(f'{event} {args}')\n"
        "sys.addaudithook(watch)\nimport sigconv\nsigconv.Signal\nprint('quiet')"
    )
    assert fresh(code, folder=str(tmp_path)) == "quiet"
    assert list(tmp_path.iterdir()) == []
