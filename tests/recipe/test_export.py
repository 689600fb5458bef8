"""`sigconv export` writes the network of a run folder or of a text."""

import numpy as np
import onnxruntime
import pytest
import torch

from sigconv import nets
from sigconv.errors import ArgumentError, NotationError
from sigconv.recipe.export import export
from sigconv.train import save_model


def test_a_text_is_exported_with_its_first_weights(tmp_path):
    said = export("C4RPF", tmp_path / "net.onnx", "1x6x8", 3)
    assert said == f"{tmp_path / 'net.onnx'}: C4RPF, any number of 1 x 6 x 8 in, 3 out each"
    x = np.ones((2, 1, 6, 8), np.float32)
    network = nets.build(nets.parse("C4RPF"), nets.InputSpec(1, (6, 8)), classes=3, seed=0)
    found = onnxruntime.InferenceSession(tmp_path / "net.onnx").run(None, {"x": x})[0]
    np.testing.assert_allclose(found, network(torch.from_numpy(x)).detach().numpy(), atol=1e-5)


def test_the_model_of_a_folder_is_exported_with_what_it_learnt(tmp_path):
    network = nets.build(nets.parse("C4k1RGF"), nets.InputSpec(2, (16,)), classes=2, seed=7)
    facts = {"net": "C4k1RGF", "channels": ["C3", "C4"], "fs": 100.0, "unit": "V", "size": 16, "classes": ["a", "b"]}
    facts |= {"filter": {"low": 8.0, "high": 30.0}, "window": {"start": 0.0}}
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
        export("runs/none", tmp_path / "net.onnx", "1x8")
    assert list(tmp_path.iterdir()) == []
