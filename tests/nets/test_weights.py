"""Weights of a file in torchvision's layout do in our network what they do in theirs."""

import os
import pickle
import random
import struct
import zipfile

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from sigconv.errors import ArgumentError, FormatError, ShapeError
from sigconv.nets import InputSpec, build, parse
from sigconv.nets.checksum import refuse_other_sum
from sigconv.nets.weights import _place, load_weights

TEXT = "C4k11s4p2RP3s2C6k5RP3s2C8RC6RC6RP3s2A>6x6D.5F12RD.5F12RF5"
SPEC = InputSpec(3, (95, 95))


class AlexNet(nn.Module):
    """torchvision's AlexNet, its names and its order, with a few channels."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            *[nn.Conv2d(3, 4, 11, 4, 2), nn.ReLU(), nn.MaxPool2d(3, 2)],
            *[nn.Conv2d(4, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2)],
            *[nn.Conv2d(6, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 6, 3, padding=1), nn.ReLU()],
            *[nn.Conv2d(6, 6, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2)],
        )
        self.avgpool = nn.AdaptiveAvgPool2d(6)
        self.classifier = nn.Sequential(
            *[nn.Dropout(), nn.Linear(6 * 36, 12), nn.ReLU(), nn.Dropout(), nn.Linear(12, 12), nn.ReLU()],
            nn.Linear(12, 5),
        )

    def forward(self, x):
        return self.classifier(self.avgpool(self.features(x)).flatten(1))


class Block(nn.Module):
    """torchvision's BasicBlock: the shortcut is made before, and named behind, the body."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride != 1:
            short = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
            self.downsample = nn.Sequential(short, nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = self.bn2(self.conv2(self.bn1(self.conv1(x)).relu()))
        return (y + (x if self.downsample is None else self.downsample(x))).relu()


class ResNet(nn.Module):
    """torchvision's ResNet, with two stages."""

    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 4, 7, 2, 3, bias=False), nn.BatchNorm2d(4)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        self.layer1 = nn.Sequential(Block(4, 4, 1), Block(4, 4, 1))
        self.layer2 = nn.Sequential(Block(4, 6, 2), Block(6, 6, 1))
        self.fc = nn.Linear(6, 5)

    def forward(self, x):
        x = self.layer2(self.layer1(self.maxpool(self.bn1(self.conv1(x)).relu())))
        return self.fc(x.mean(dim=(2, 3)))


RESNET = "C4k7s2p3b0BRP3s2p1([C4b0BRC4b0B]R)2[C6s2p1b0BRC6b0B|C6k1s2vb0B]R[C6b0BRC6b0B]RGF5"


def draw(*shape, seed=1):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def theirs(kind=AlexNet):
    """A model whose numbers, the running means included, are all different."""
    model = kind().eval()
    for i, value in enumerate(v for v in model.state_dict().values() if v.is_floating_point()):
        value.copy_(draw(*value.shape, seed=i).abs() / max(1.0, value[0].numel()) ** 0.5)
    return model


def ours(text=TEXT, spec=SPEC):
    return build(parse(text), spec, seed=0).eval()


def written(path, tensors):
    if path.suffix == ".safetensors":
        save_file({name: value.contiguous() for name, value in tensors.items()}, path)
    else:
        torch.save(tensors, path, _use_new_zipfile_serialization=path.suffix == ".pth")
    return path


# known


def test_the_names_of_every_family_are_put_into_the_order_of_the_work():
    plus = [f"layer1.0.conv{i}.{inner}" for i in (1, 2) for inner in ("0.0", "0.1", "0.3", "1")]
    bottleneck = [f"layer10.2.{kind}{i}" for i in (1, 2, 3) for kind in ("conv", "bn")]
    for names in (
        ["features.0", "features.2", "features.10", "classifier.0", "classifier.6"],
        ["conv1", "bn1", "layer1.0.conv1", "layer2.0.conv1", *bottleneck, "layer10.2.downsample.0", "fc"],
        ["stem.0", "stem.1", "stem.3", "stem.4", *plus, "layer2.0.conv1.0.0", "layer2.0.downsample.1", "fc"],
    ):
        mixed = random.Random(0).sample(names, len(names))
        assert sorted(mixed, key=_place) == names


def test_a_checksum_is_compared_with_as_many_digits_as_are_known(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"abc")
    whole = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    refuse_other_sum(path, whole)
    refuse_other_sum(path, whole[:8].upper())
    with pytest.raises(FormatError, match=r"SHA-256 is ba7816bf8f01…, expected ba7816b0…"):
        refuse_other_sum(path, "ba7816b0")
    with pytest.raises(ArgumentError, match="first 8 digits"):
        refuse_other_sum(path, "ba7816")


# same as


@pytest.mark.parametrize("suffix", [".pth", ".pt", ".safetensors"])
def test_alexnet_answers_as_the_model_that_wrote_the_file(tmp_path, suffix):
    model, network, x = theirs(), ours(), draw(2, 3, 95, 95)
    path = written(tmp_path / f"alexnet{suffix}", model.state_dict())
    assert load_weights(network, path) is network
    torch.testing.assert_close(network(x), model(x), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_resnet_answers_as_the_model_that_wrote_the_file(tmp_path, suffix):
    model, network, x = theirs(ResNet), ours(RESNET, InputSpec(3, (64, 64))), draw(2, 3, 64, 64)
    load_weights(network, written(tmp_path / f"resnet{suffix}", model.state_dict()))
    torch.testing.assert_close(network(x), model(x), rtol=1e-5, atol=1e-5)


def test_files_from_before_batches_were_counted_load(tmp_path):
    old = {name: value for name, value in theirs(ResNet).state_dict().items() if "num_batches" not in name}
    network = ours(RESNET, InputSpec(3, (64, 64)))
    load_weights(network, written(tmp_path / "old.pth", old))
    assert torch.equal(network.layer("B1").running_var, old["bn1.running_var"])


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_our_own_state_comes_back(tmp_path, suffix):
    one, other = ours(RESNET), build(parse(RESNET), SPEC, seed=5)
    load_weights(other, written(tmp_path / f"own{suffix}", one.state_dict()))
    assert all(torch.equal(value, one.state_dict()[name]) for name, value in other.state_dict().items())


def test_a_skipped_layer_keeps_its_weights(tmp_path):
    model, network = theirs(), ours(TEXT.replace("F5", "F9"))
    before = network.layer(-1).weight.clone()
    path = written(tmp_path / "alexnet.pth", model.state_dict())
    with pytest.raises(ShapeError, match=r"classifier\.6\.weight has shape \(5, 12\).*layer F3 .*\(9, 12\)"):
        load_weights(network, path)
    load_weights(network, path, skip=("fc8",))
    assert torch.equal(network.layer(-1).weight, before)
    assert torch.equal(network.layer("F2").weight, model.classifier[4].weight)


# errors


class Attack:
    """A pickle that makes a file when it is read."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


@pytest.mark.parametrize("zipped", [True, False])
def test_a_file_that_wants_to_run_code_is_refused(tmp_path, zipped):
    target = tmp_path / "made"
    tensors = theirs().state_dict() | {"classifier.7.weight": Attack(target)}
    torch.save(tensors, tmp_path / "evil.pth", _use_new_zipfile_serialization=zipped)
    (tmp_path / "bare.pth").write_bytes(pickle.dumps(Attack(target)))
    for name in ("evil.pth", "bare.pth"):
        with pytest.raises(FormatError, match="no torch checkpoint of weights alone"):
            load_weights(ours(), tmp_path / name)
    assert not target.exists()


def test_a_wrong_checksum_is_refused_before_the_file_is_read(tmp_path):
    path = tmp_path / "x.pth"
    path.write_bytes(b"anything")
    with pytest.raises(FormatError, match="SHA-256"):
        load_weights(ours(), path, "00000000")


@pytest.mark.parametrize("suffix", [".pth", ".pt", ".safetensors"])
def test_damaged_and_cut_files_are_refused(tmp_path, suffix):
    path = written(tmp_path / f"x{suffix}", theirs().state_dict())
    whole = path.read_bytes()
    for end in (0, 10, 1000, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:end])
        with pytest.raises(FormatError, match="damaged"):
            load_weights(ours(), path)


def test_a_file_that_would_unpack_to_more_than_its_size_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "bomb.pth", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data/0", bytes(1_000_000))
    with pytest.raises(FormatError, match="unpacks to 1000000 bytes"):
        load_weights(ours(), tmp_path / "bomb.pth")


def test_missing_and_unexpected_tensors_are_named(tmp_path):
    whole = theirs().state_dict()
    path = tmp_path / "x.pth"
    last = {name: value for name, value in whole.items() if not name.startswith("classifier.6")}
    for tensors, said in (
        ({n: v for n, v in whole.items() if n != "features.3.bias"}, r"holds no features\.3\.bias, which layer C2"),
        ({n: v for n, v in whole.items() if "features.8." not in n}, "holds no weights for C4 of the net"),
        (last, "holds no weights for F3 of the net"),
        (whole | {"classifier.7.weight": torch.zeros(3)}, r"holds classifier\.7, for which the net has no layer"),
        (whole | {"features.0.scale": torch.zeros(3)}, r"holds features\.0\.scale, which layer C1 of the net has not"),
        (whole | {"blocks.0.weight": torch.zeros(3)}, r"names a layer 'blocks\.0'"),
    ):
        with pytest.raises(FormatError, match=said):
            load_weights(ours(), written(path, tensors))


def test_nothing_is_changed_unless_everything_fits(tmp_path):
    network = ours()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    tensors = theirs().state_dict() | {"classifier.6.bias": torch.zeros(6)}
    with pytest.raises(ShapeError, match=r"classifier\.6\.bias has shape \(6,\)"):
        load_weights(network, written(tmp_path / "x.pth", tensors))
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_a_counter_that_is_none_changes_nothing_either(tmp_path):
    network = build(parse("C4BR"), InputSpec(1, (8,)), seed=0)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    tensors = {name: value + 1 for name, value in before.items()}
    tensors["layers.B1.num_batches_tracked"] = torch.zeros(5)
    with pytest.raises(ShapeError, match=r"num_batches_tracked has shape \(5,\)"):
        load_weights(network, written(tmp_path / "x.pth", tensors))
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


@pytest.mark.parametrize(
    "found",
    [[torch.zeros(3)], {}, {"state_dict": {}}, {1: torch.zeros(3)}, {"fc.weight": torch.zeros(3, dtype=torch.cfloat)}],
)
def test_what_is_not_named_numbers_is_refused(tmp_path, found):
    torch.save(found, tmp_path / "x.pth")
    with pytest.raises(FormatError, match="expected"):
        load_weights(ours(), tmp_path / "x.pth")


def test_other_files_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_weights(ours(), tmp_path / "none.pth")
    with pytest.raises(ArgumentError, match=r"x\.npz"):
        load_weights(ours(), tmp_path / "x.npz")
    os.mkfifo(tmp_path / "pipe.pth")
    with pytest.raises(FormatError, match="no regular file"):
        load_weights(ours(), tmp_path / "pipe.pth")
    (tmp_path / "x.safetensors").write_bytes(struct.pack("<Q", 1 << 62) + b"{}")
    with pytest.raises(FormatError, match="damaged"):
        load_weights(ours(), tmp_path / "x.safetensors")


def test_a_whole_module_is_told_how_weights_are_saved(tmp_path):
    torch.save(theirs(), tmp_path / "module.pth")
    with pytest.raises(FormatError, match=r"it names [\w.]+; save a state dict: torch\.save") as told:
        load_weights(ours(), tmp_path / "module.pth")
    assert "weights_only" not in str(told.value)


def test_one_layer_to_skip_is_named_alone(tmp_path):
    path = written(tmp_path / "own.safetensors", build(parse("C4RGF"), InputSpec(1, (8,)), classes=9).state_dict())
    network = build(parse("C4RGF"), InputSpec(1, (8,)), classes=2, seed=0)
    before = network.layer("F1").weight.clone()
    load_weights(network, path, skip="F1")
    assert torch.equal(network.layer("F1").weight, before)
