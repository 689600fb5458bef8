"""Losses are those of torch and of the papers, and what has no label counts for nothing."""

import pytest
import torch
from torch.nn import functional

from sigconv.train import Settings
from sigconv.train.losses import cross_entropy, dice, focal, loss_of

DRAW = torch.Generator().manual_seed(0)
LOGITS = torch.randn(4, 3, 6, 5, generator=DRAW)
MAPS = torch.randint(-1, 3, (4, 6, 5), generator=DRAW)
WEIGHTS = torch.tensor([0.5, 1.0, 3.0])

# known


def test_dice_of_hand_drawn_maps():
    sure = 50 * functional.one_hot(torch.tensor([[0, 1, 1, 2]]), 3).movedim(-1, 1).float()
    assert dice(sure, torch.tensor([[0, 1, 1, 2]])).item() == pytest.approx(0, abs=1e-5)
    # class 1: 2·1 / (2 + 1); class 2: 2·1 / (1 + 2)
    assert dice(sure, torch.tensor([[0, 1, 2, 2]])).item() == pytest.approx(1 / 3, abs=1e-5)
    assert dice(sure, torch.tensor([[0, 1, -1, 2]])).item() == pytest.approx(0, abs=1e-5)


def test_focal_of_one_number_is_equation_four():
    p = torch.softmax(torch.tensor([1.0, -0.5]), 0)[0]
    expected = -((1 - p) ** 2) * torch.log(p)
    assert focal(torch.tensor([[1.0, -0.5]]), torch.tensor([0])).item() == pytest.approx(expected.item(), rel=1e-6)


# law


@pytest.mark.parametrize("name", ["cross_entropy", "focal", "dice_ce"])
def test_what_has_no_label_changes_no_gradient(name):
    loss = loss_of(Settings(loss=name, label_smoothing=0.1), WEIGHTS)
    logits = LOGITS.clone().requires_grad_()
    loss(logits, MAPS).backward()
    assert (logits.grad.abs().sum(1)[MAPS < 0] == 0).all()
    assert (logits.grad.abs().sum(1)[MAPS >= 0] > 0).all()


@pytest.mark.parametrize("loss", [cross_entropy, focal, dice])
def test_maps_without_any_label_give_a_finite_number(loss):
    logits = LOGITS.clone().requires_grad_()
    value = loss(logits, torch.full_like(MAPS, -1))
    value.backward()
    assert value.isfinite()
    assert (logits.grad == 0).all()


@pytest.mark.parametrize("name", ["cross_entropy", "focal", "dice_ce"])
def test_half_precision_is_summed_in_full(name):
    loss = loss_of(Settings(loss=name), WEIGHTS)
    low = LOGITS.bfloat16()
    assert loss(low, MAPS).dtype == torch.float32
    assert torch.equal(loss(low, MAPS), loss(low.float(), MAPS))


# same as


@pytest.mark.parametrize("weights", [None, WEIGHTS])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_cross_entropy_is_torch_s(weights, smoothing):
    ours = cross_entropy(LOGITS, MAPS, weights, smoothing)
    theirs = functional.cross_entropy(LOGITS, MAPS, weights, ignore_index=-1, label_smoothing=smoothing)
    assert ours.item() == pytest.approx(theirs.item(), rel=1e-6)


def test_focal_of_power_zero_is_cross_entropy():
    assert focal(LOGITS, MAPS, WEIGHTS, power=0.0).item() == pytest.approx(
        cross_entropy(LOGITS, MAPS, WEIGHTS).item(), rel=1e-6
    )


def test_dice_is_monai_s():
    from monai.losses import DiceLoss

    maps = MAPS.clamp(min=0)
    theirs = DiceLoss(include_background=False, to_onehot_y=True, softmax=True, smooth_nr=1e-5, smooth_dr=1e-5)
    assert dice(LOGITS, maps).item() == pytest.approx(theirs(LOGITS, maps.unsqueeze(1)).item(), rel=1e-5)
