"""Another program that runs the exported file answers as the network does, for every kind of layer."""

import numpy as np
import onnxruntime
import pytest
import torch
from torch import nn

from sigconv.errors import ArgumentError
from sigconv.nets import InputSpec, build, measure, named, parse
from sigconv.nets.export import _exportable, _onnx, _program, export_onnx, export_program
from sigconv.nets.layers.pool import AdaptivePool
from sigconv.nets.layers.windows import EachWindow
from sigconv.nets.tree import ACTIVATIONS

RULES = ("edge", "reflect", "symmetric", "wrap", "odd_reflect", "odd_symmetric", "-1")
POOLS = ["P", "A", "P3s2p1", "A3s2p1", "P3s2u", "A3s2u", "A3s2p1u", "A>3", "P>4", "A>5x2", "P:l2", "P3s2:l3", "P2u:l2"]
LONG = ("resnet101", "resnet152")
# each row is one export, since drawing a graph takes a second or more: many layers stand side by side
NETS = {
    "boundaries": ("C3{" + "|".join(f"C1k4x1:{rule}" for rule in RULES) + "}", 2, (7, 6)),
    "kernels": ("{C2k4|C4k3x5d2g2|C2c|C3t2|C2b*|C2w.5|C1k1b0}C4fs2T3k3s2p1o1R T4w.5", 2, (7, 6)),
    "pools": ("{" + "|".join(f"{pool}F3" for pool in POOLS) + "}", 2, (10, 8)),
    "functions": ("{" + "|".join(f"R:{name}" for name in ACTIVATIONS) + "}D.5D.5:channelF6RF4S", 2, (5, 4)),
    "norms": ("{B|N|N:group2|N:layer|N:local|N:affine}F8BRF", 4, (5, 4)),
    "one axis": ("C4k5s2BR[C4NRC4N:local|C4k1]T4{PF3|AF3|A>5F3|P>3F3|G:max}F3S", 2, (24,)),
    "three axes": ("C4R[C4BR|C4k1N]C4k3x1x1:edgeR T3 N:local U{PC6T|}{PF3|AF3|A>2F3|P>3F3|G}F", 2, (7, 8, 6)),
    "whole pictures": ("C4p9RPC4RPT3k4s4b0X", 2, (12, 14)),
    "fixed": ("{K:sobel|K:laplacian|K:gaussian2|K:log|K:contrast}{G|G:max|F4}F:codes", 2, (6, 5)),
}


def built(text, channels, grid):
    network = build(parse(text), InputSpec(channels, grid), seed=0)
    with torch.no_grad():
        for name, value in network.state_dict().items():
            if "running" in name:
                value.copy_(torch.linspace(0.5, 2, len(value)))
    return network


def draw(network, count):
    spec = network.spec
    return torch.randn(count, spec.channels, *spec.grid, generator=torch.Generator().manual_seed(1))


def small(name):
    """A net of the literature with few channels on a small grid, its weights such that its answers are alive."""
    entry = named.find(name)
    net = entry.make() if name.startswith("lenet") else named.thin(entry.make(), 16)
    if name.startswith("fcn"):
        net, grid = parse(str(net).replace("p100", "p40").replace("k7v", "k3v")), (24, 24)
    else:
        grid = tuple(max(9, n) for n in measure.smallest(net, entry.spec.channels, len(entry.spec.grid)))
    network = build(net, InputSpec(entry.spec.channels, grid), seed=0).eval()
    dice = torch.Generator().manual_seed(1)
    for key, value in network.state_dict().items():
        match key.rpartition(".")[2]:
            case "weight" if value.ndim > 1:  # first weights would let what is seen die out over a hundred layers
                value.normal_(0, (2 * len(value) / value.numel()) ** 0.5, generator=dice)
            case "weight" | "running_var":
                value.uniform_(0.5, 1.5, generator=dice)
            case "bias" | "running_mean":
                value.normal_(0, 0.1, generator=dice)
    return network


def answers(file, x):
    """What onnxruntime makes of a batch; file : a path, or what lies in it."""
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    return session.run(["y"], {"x": x.numpy()})[0]


# law


def test_windows_one_by_one_are_the_adaptive_pool():
    x = torch.randn(2, 3, 10, 7, 5, generator=torch.Generator().manual_seed(1))
    for kind in ("max", "average"):
        ours = EachWindow(kind, (10, 7, 5), (3, 4, 6))(x)
        torch.testing.assert_close(ours, AdaptivePool(kind, (3, 4, 6))(x))


# same as


@pytest.mark.parametrize("name", NETS)
def test_onnxruntime_answers_as_the_network_for_any_batch(tmp_path, name):
    network = built(*NETS[name]).train()
    assert export_onnx(network, tmp_path / "net.onnx") == tmp_path / "net.onnx"
    assert network.training
    assert [path.name for path in tmp_path.iterdir()] == ["net.onnx"]
    network.eval()
    for count in (1, 5):
        x = draw(network, count)
        np.testing.assert_allclose(answers(tmp_path / "net.onnx", x), network(x).detach().numpy(), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["boundaries", "pools"])
def test_torch_s_program_answers_as_the_network_for_any_batch(tmp_path, name):
    network = built(*NETS[name]).eval()
    module = torch.export.load(export_program(network, tmp_path / "net.pt2")).module()
    for count in (1, 5):
        x = draw(network, count)
        torch.testing.assert_close(module(x), network(x))


@pytest.mark.filterwarnings("ignore:TF32")  # torch's switch for oneDNN warns of Intel's graphics cards
@pytest.mark.parametrize("name", [pytest.param(n, marks=[pytest.mark.slow] * (n in LONG)) for n in named.NAMES])
def test_the_networks_of_the_literature_answer_elsewhere_as_they_do_here(name):
    network = small(name)
    module = _exportable(network)
    program = _program(module)  # both files hold this graph: it is drawn once
    file = _onnx(module, program).model_proto.SerializeToString()
    again = program.module()
    for count in (1, 2):
        x = draw(network, count)
        # oneDNN would compile a kernel for every shape, which takes longer than the whole of so small a net
        with torch.no_grad(), torch.backends.mkldnn.flags(enabled=False):
            wanted, torch_s = network(x).numpy(), again(x).numpy()
        largest = abs(wanted).max()
        assert abs(answers(file, x) - wanted).max() <= 1e-5 * largest
        assert abs(torch_s - wanted).max() <= 1e-5 * largest
    assert abs(wanted[0] - wanted[1]).max() > 0.03 * largest  # else it would not have looked at its input


# errors


class Looks(nn.Module):
    """A layer whose way depends on its numbers."""

    def forward(self, x):
        return x if x.sum() > 0 else -x


def test_a_layer_that_onnx_has_not_is_named(tmp_path):
    network = built("C4RPC4", 1, (10, 7))
    network.layers["P1"] = nn.AdaptiveMaxPool2d((5, 3))
    with pytest.raises(ArgumentError, match=r"no operation for P1 \(aten\.adaptive_max_pool2d\.default\)"):
        export_onnx(network, tmp_path / "net.onnx")
    assert list(tmp_path.iterdir()) == []


def test_a_layer_that_the_exporter_cannot_follow_is_named(tmp_path, capfd):
    network = built("C4RC4", 1, (8,))
    network.layers["R1"] = Looks()
    for export, name in ((export_onnx, "net.onnx"), (export_program, "net.pt2")):
        with pytest.raises(ArgumentError, match="exporter cannot follow R1:"):
            export(network, tmp_path / name)
    assert capfd.readouterr() == ("", "")
    assert list(tmp_path.iterdir()) == []


def test_other_files_and_folders_are_refused(tmp_path):
    network = built("C4", 1, (8,))
    with pytest.raises(ArgumentError, match=r"a file \.onnx"):
        export_onnx(network, tmp_path / "net.pt2")
    with pytest.raises(ArgumentError, match=r"a file \.pt2"):
        export_program(network, tmp_path / "net.onnx")
    with pytest.raises(FileNotFoundError):
        export_program(network, tmp_path / "nowhere" / "net.pt2")
