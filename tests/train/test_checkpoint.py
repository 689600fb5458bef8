"""A checkpoint is whole or is not there; whatever becomes of files and disk, the last good one is found."""

import errno
import io
import json
import logging
import os
import random
from pathlib import Path

import numpy as np
import pytest
import torch

from sigconv.errors import ArgumentError, FormatError
from sigconv.train import Settings, fit
from sigconv.train.checkpoint import Checkpoints, _sealed
from sigconv.train.curve import as_json
from tests.train.tasks import map_net, power, power_net, squares

COUNT = int(os.environ.get("SIGCONV_MUTATIONS", "60"))  # bit flips; a third as many cuts, a fifth for 1000
FULL = "SIGCONV_MUTATIONS" in os.environ
SETTINGS = Settings(epochs=2, batch=20, average=0.9)


def numbers(module):
    return torch.cat([value.flatten().double() for value in module.state_dict().values()])


def written(folder, count=2):
    """Checkpoints of something small."""
    kept = Checkpoints(folder)
    for number in range(count):
        tensors = {"weight": torch.full((40,), float(number)), "step": torch.tensor(number)}
        kept.write(tensors, {"step": number, "rate": 1e-5, "name": "é", "none": None})
    return kept


# known


def test_what_was_written_comes_back_to_the_last_bit(tmp_path):
    written(tmp_path)
    found = Checkpoints(tmp_path).newest()
    assert found.facts == {"step": 1, "rate": 1e-5, "name": "é", "none": None}
    assert torch.equal(found.tensors["weight"], torch.ones(40))
    assert found.tensors["step"].shape == ()


def test_an_empty_folder_holds_none(tmp_path):
    assert Checkpoints(tmp_path / "new" / "folder").newest() is None
    assert (tmp_path / "new" / "folder").is_dir()


# law


def test_the_newest_two_stay_and_what_a_crash_left_goes(tmp_path):
    (tmp_path / ".state-000000001.json.17.part").touch()
    (tmp_path / "notes.txt").touch()
    written(tmp_path, count=4)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["notes.txt", *(f"state-00000000{n}.{kind}" for n in (3, 4) for kind in ("json", "safetensors"))]


def test_every_bit_flip_and_every_cut_is_noticed_and_the_one_before_is_used(tmp_path, caplog):
    written(tmp_path)
    draw = random.Random(0)
    cuts = COUNT // 5 if FULL else COUNT // 3
    for number in range(COUNT + cuts):
        path = tmp_path / f"state-000000002.{draw.choice(('json', 'safetensors'))}"
        content = path.read_bytes()
        at = draw.randrange(len(content))
        flipped = content[:at] + bytes([content[at] ^ 1 << draw.randrange(8)]) + content[at + 1 :]
        path.write_bytes(flipped if number < COUNT else content[:at])
        caplog.clear()
        with caplog.at_level(logging.WARNING, "sigconv"):
            found = Checkpoints(tmp_path).newest()
        assert found.facts["step"] == 0, (path, at)
        (line,) = caplog.messages
        assert "state-000000002.json is passed over for an older checkpoint" in line
        path.write_bytes(content)
    assert Checkpoints(tmp_path).newest().facts["step"] == 1


def test_a_damaged_one_does_not_push_out_a_good_one(tmp_path):
    written(tmp_path)
    (tmp_path / "state-000000002.safetensors").write_bytes(b"")
    kept = Checkpoints(tmp_path)
    assert kept.newest().facts["step"] == 0
    kept.write({"weight": torch.ones(1)}, {"step": 7})
    assert sorted({path.stem for path in tmp_path.iterdir()}) == ["state-000000001", "state-000000003"]


def test_a_training_that_is_over_is_not_done_again(tmp_path):
    told = []
    first = fit(power_net(), power(), SETTINGS, checkpoints=tmp_path)
    again = fit(power_net(), power(), SETTINGS, checkpoints=tmp_path, progress=told.append)
    assert torch.equal(numbers(first.module), numbers(again.module))
    assert as_json(first.history) == as_json(again.history) == as_json(told)


def test_the_choice_of_precision_is_made_once(tmp_path):
    settings = Settings(epochs=2, batch=6, precision="auto", optimiser="sgd")
    stopped_after(1, fit, map_net(), squares(), settings, checkpoints=tmp_path)
    kept = Checkpoints(tmp_path)
    state = kept.newest()
    for choice in ([True, True], [False, True]):
        kept.write(state.tensors, state.facts | {"precision": choice})
        stopped_after(2, fit, map_net(), squares(), settings, checkpoints=tmp_path)
        assert Checkpoints(tmp_path).newest().facts["precision"] == choice


class EnoughError(Exception):
    """Raised in the place of a crash."""


def stopped_after(epochs, train, *arguments, **keywords):
    """Train for so many epochs, with a checkpoint after each step, and crash."""

    def progress(row):
        if row.epoch == epochs:
            raise EnoughError

    with pytest.raises(EnoughError):
        train(*arguments, **keywords, every=1e-9, progress=progress)


# the disk fails


class Faulty:
    """Opening, writing, syncing, renaming and deleting fail at the n-th call, and from then on work again."""

    def __init__(self, folder, kind, at):
        self.folder, self.kind, self.left, self.struck, self.written = str(folder), kind, at, False, 0

    def strikes(self):
        self.left -= 1
        self.struck = self.struck or self.left == 0
        return self.left == 0

    def error(self):
        number = errno.EIO if self.kind == "EIO" else errno.ENOSPC
        return OSError(number, os.strerror(number))

    def wrap(self, call):
        def wrapped(*arguments, **keywords):
            if self.strikes():
                raise self.error()
            done = call(*arguments, **keywords)
            self.written += call is REPLACE and str(arguments[1]).endswith(".json")
            return done

        return wrapped

    def open(self, path, mode="r", *rest, **keywords):
        if not ("w" in mode and str(path).startswith(self.folder)):
            return OPEN(path, mode, *rest, **keywords)
        if self.strikes():
            raise self.error()
        return io.BufferedWriter(Raw(path, self))

    def install(self, patch):
        patch.setattr(io, "open", self.open)
        for name in ("open", "fsync", "replace", "rename", "unlink"):
            patch.setattr(os, name, self.wrap(getattr(os, name)))


OPEN, REPLACE = io.open, os.replace


class Raw(io.FileIO):
    """A file whose writes may fail; a short write takes half of what it is given, and the next one is refused."""

    def __init__(self, path, faulty):
        super().__init__(path, "w")
        self.faulty, self.full = faulty, False

    def write(self, content):
        if self.full:
            raise self.faulty.error()
        if self.faulty.strikes():
            if self.faulty.kind != "short":
                raise self.faulty.error()
            self.full = True
            return super().write(bytes(content)[: len(content) // 2])
        return super().write(content)


@pytest.mark.parametrize("kind", ["EIO", "ENOSPC", "short"])
def test_whichever_call_fails_a_loadable_checkpoint_is_there(tmp_path, monkeypatch, kind):
    short = Settings(epochs=2 if FULL else 1, batch=30 if FULL else 60, average=0.9)
    expected = numbers(fit(power_net(), power(), short).module)
    failures = 0
    for at in range(1, 1000):
        folder = tmp_path / str(at)
        faulty = Faulty(folder, kind, at)
        with monkeypatch.context() as patch:
            faulty.install(patch)
            try:
                fit(power_net(), power(), short, checkpoints=folder, every=1e-9)
            except OSError:
                failures += 1
        if not faulty.struck:
            break
        assert (Checkpoints(folder).newest() is not None) == (faulty.written > 0), at
        if at % 10 == 0:
            resumed = fit(power_net(), power(), short, checkpoints=folder, every=1e-9)
            assert torch.equal(numbers(resumed.module), expected)
    assert 0.7 * at < failures < at  # what fails while something is tidied up does no harm
    assert at > (80 if FULL else 30)


def test_a_folder_that_cannot_be_written_is_told_of(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        fit(power_net(), power(), SETTINGS, checkpoints=tmp_path / "file")


# errors


def test_a_newer_version_is_refused(tmp_path):
    written(tmp_path)
    body = json.dumps({"version": 99, "sha256": "", "facts": {}}).encode()
    (tmp_path / "state-000000003.json").write_bytes(_sealed(body))
    with pytest.raises(FormatError, match=r"state-000000003\.json: version 99; this sigconv reads up to 1: update it"):
        Checkpoints(tmp_path).newest()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            {"settings": Settings(epochs=2, batch=20, rate=0.5)},
            r"rate was 0.001 and is 0.5, average was 0.9 and is 0.0",
        ),
        ({"windows": power(1)}, "windows differ"),
        ({"module": power_net(1)}, "net differs"),
        ({"seed": 1}, "seed was 0 and is 1"),
        ({"augment": "gain"}, "augmentation differs"),
        ({"validation": power(2)}, "validation differs"),
    ],
)
def test_the_checkpoint_of_another_training_is_refused(tmp_path, change, told):
    fit(power_net(), power(), SETTINGS, checkpoints=tmp_path)
    mine = {"module": power_net(), "windows": power(), "settings": SETTINGS, "checkpoints": tmp_path} | change
    with pytest.raises(ArgumentError, match=rf"holds the checkpoint of another training: {told}; resume with"):
        fit(**mine)


def test_a_validation_that_is_not_finite_is_gone_on_from(tmp_path):
    wrong = power(2)
    wrong.data[3] = np.nan
    told = []

    def stops(row):
        told.append(row.epoch)
        if row.epoch == 2 and len(told) == 2:
            raise KeyboardInterrupt

    call = {"validation": wrong, "checkpoints": tmp_path, "every": 1e-9}
    with pytest.raises(KeyboardInterrupt):
        fit(power_net(), power(), SETTINGS, progress=stops, **call)
    assert len(fit(power_net(), power(), SETTINGS, **call).history) == SETTINGS.epochs


def test_numpy_s_numbers_are_kept_and_what_is_no_json_leaves_nothing(tmp_path):
    fit(power_net(), power(), Settings(epochs=np.int64(1), rate=np.float32(0.5)), checkpoints=tmp_path / "a")
    with pytest.raises(TypeError):
        Checkpoints(tmp_path / "b").write({"x": torch.zeros(1)}, {"odd": object()})
    assert list((tmp_path / "b").iterdir()) == []


def test_other_workers_are_no_other_training(tmp_path):
    fit(power_net(), power(), SETTINGS, checkpoints=tmp_path)
    fitted = fit(power_net(), power(), Settings(epochs=2, batch=20, average=0.9, workers=3), checkpoints=Path(tmp_path))
    assert len(fitted.history) == 2
