"""`sigconv export` writes the network of a run folder or of a text."""

import re
import subprocess
import sys

import numpy as np
import onnxruntime
import pytest
import torch
from typer.testing import CliRunner

from sigconv import nets
from sigconv.errors import ArgumentError, NotationError, ShapeError
from sigconv.recipe.cli import app
from sigconv.recipe.export import export
from sigconv.train import save_model


def test_a_text_is_exported_with_its_first_weights(tmp_path):
    said = export("C4RPF", tmp_path / "net.onnx", "1x6x8", 3)
    wrote, checked = said.splitlines()
    assert wrote == f"{tmp_path / 'net.onnx'}: C4RPF, any number of 1 x 6 x 8 in, 3 out each"
    assert (
        float(re.fullmatch(r"onnxruntime's answers differ from the network's by (.*) of the largest", checked)[1])
        < 1e-5
    )
    x = np.ones((2, 1, 6, 8), np.float32)
    network = nets.build(nets.parse("C4RPF"), nets.InputSpec(1, (6, 8)), classes=3, seed=0)
    found = onnxruntime.InferenceSession(tmp_path / "net.onnx").run(None, {"x": x})[0]
    np.testing.assert_allclose(found, network(torch.from_numpy(x)).detach().numpy(), atol=1e-5)


def test_a_name_is_exported_at_the_input_of_its_paper_with_the_weights_of_the_seed(tmp_path):
    said = export("lenet1989", tmp_path / "net.pt2", seed=3)
    assert said.endswith("any number of 1 x 16 x 16 in, 10 out each")
    entry, x = nets.named.find("lenet1989"), torch.ones(1, 1, 16, 16)
    found = torch.export.load(tmp_path / "net.pt2").module()(x)
    torch.testing.assert_close(found, nets.build(entry.make(), entry.spec, entry.classes, seed=3)(x))


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["C4F", "net.onnx"], "--input is missing"),
        (["C4F", "net.h5", "--input", "1x8"], ".onnx or .pt2"),
        (["C4Q", "net.onnx", "--input", "1x8"], "'Q' is not a layer"),
        (["runs/none", "net.onnx"], "no such folder"),
    ],
)
def test_the_command_says_in_a_line_what_is_wrong(tmp_path, words, says):
    code = "from sigconv.recipe.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code, "export", *words], capture_output=True, text=True, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_command_writes_a_file_and_says_so(tmp_path):
    done = CliRunner().invoke(app, ["export", "C4RF", str(tmp_path / "net.onnx"), "--input", "2x9", "--classes", "3"])
    assert done.exit_code == 0, done.output
    assert "any number of 2 x 9 in, 3 out each\nonnxruntime's answers differ" in done.output
    assert [path.name for path in tmp_path.iterdir()] == ["net.onnx"]


def test_the_model_of_a_folder_is_exported_with_what_it_learnt(tmp_path):
    network = nets.build(nets.parse("C4k1RGF"), nets.InputSpec(2, (16,)), classes=2, seed=7)
    facts = {"net": "C4k1RGF", "shape": [2, 16], "classes": ["a", "b"]}
    save_model(tmp_path, network.state_dict(), facts)
    export(str(tmp_path), tmp_path / "net.pt2")
    x = torch.ones(3, 2, 16)
    torch.testing.assert_close(torch.export.load(tmp_path / "net.pt2").module()(x), network(x))
    with pytest.raises(ArgumentError, match="belong to a text"):
        export(str(tmp_path), tmp_path / "net.pt2", "2x16")


def test_what_cannot_be_exported_is_refused(tmp_path):
    with pytest.raises(ArgumentError, match=r"\.onnx or \.pt2"):
        export("CF", tmp_path / "net.h5", "1x8")
    with pytest.raises(ArgumentError, match="--input is 'x8'"):
        export("CF", tmp_path / "net.onnx", "x8")
    with pytest.raises(NotationError):
        export("C4Q", tmp_path / "net.onnx", "1x8")
    with pytest.raises(FileNotFoundError, match="no such folder: runs/none"):
        export("runs/none", tmp_path / "net.onnx", "1x8")
    with pytest.raises(ArgumentError, match="did you mean 'lenet1989'"):
        export("lenet198", tmp_path / "net.onnx")
    with pytest.raises(ShapeError, match="P4"):
        export("P4", tmp_path / "net.onnx", "1x2")
    assert list(tmp_path.iterdir()) == []
