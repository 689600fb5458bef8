"""The first minutes on a machine: what imports load, and first calls with no, an empty or a forbidden cache folder."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import sigconv
from tests.bench.cold import CALLS

CODE = "import numpy as np\nx = np.random.default_rng(0).normal(size=(4, 5000))\n"


def fresh(code, **environment):
    """What a fresh interpreter prints; it must end well and say nothing on stderr."""
    done = subprocess.run(
        [sys.executable, "-P", "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment},
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout.strip()


@pytest.mark.parametrize("module", ["sigconv", "sigconv.core", "sigconv.filters"])
def test_an_import_loads_no_compiler_and_no_torch(module):
    heavy = "{'torch', 'numba', 'llvmlite'}"
    assert fresh(f"import sys, {module}; print(sorted({heavy} & set(sys.modules)))") == "[]"


def test_functions_of_arrays_never_load_torch():
    code = CODE + "\n".join(code for name, code in CALLS.items()) + "\nimport sys; print('torch' in sys.modules)"
    assert fresh(code) == "False"


def test_first_calls_with_an_empty_cache_say_nothing(tmp_path):
    fresh(CODE + "\n".join(CALLS.values()), NUMBA_CACHE_DIR=str(tmp_path / "empty"))
    assert any(tmp_path.rglob("*.nbi")), "nothing was compiled, or nothing kept"


def test_a_cache_folder_that_cannot_be_is_no_error(tmp_path):
    """Root may write everywhere, so a file stands where the folder should be; what comes out is the same."""
    (tmp_path / "taken").write_text("")
    code = CODE + CALLS["sosfilt"].replace("; ", "; y = ") + "\nprint(y.sum().hex())"
    assert fresh(code, NUMBA_CACHE_DIR=str(tmp_path / "taken" / "cache")) == fresh(code)


def test_a_kernel_on_disk_is_compiled_again_when_what_it_calls_has_changed(tmp_path):
    shutil.copytree(Path(sigconv.__file__).parent, tmp_path / "sigconv", ignore=shutil.ignore_patterns("__pycache__"))
    code = (
        "import sigconv, numpy as np; sigconv.laplacian(np.zeros((4, 4)))\n"
        "from sigconv.core.native import differences as found\n"
        "kernels = [k for k in vars(found).values() if hasattr(k, 'stats')]\n"
        "print(sum(sum(k.stats.cache_hits.values()) for k in kernels))"
    )

    def hits():
        return int(fresh(code, NUMBA_CACHE_DIR=str(tmp_path / "cache"), PYTHONPATH=str(tmp_path)))

    assert hits() == 0
    assert hits() > 0
    with (tmp_path / "sigconv" / "core" / "native" / "vectors.py").open("a") as file:
        file.write("# another line\n")
    assert hits() == 0
