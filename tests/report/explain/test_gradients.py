import captum.attr
import numpy as np
import pytest
import torch

from sigconv.errors import ArgumentError, ResourceError, ShapeError
from sigconv.report.explain import ask, grad_cam, integrated_gradients, saliency
from tests.report.explain.signals import network_of, signal_of

# known


def test_of_a_linear_net_every_attribution_is_weight_times_input(grid):
    network, x = network_of("F", grid), signal_of(grid)
    weight = network.layer("F1").weight[1].detach().numpy().reshape(x.shape)
    question = ask(network, x, 1)
    np.testing.assert_allclose(saliency(question).attribution.data, weight, rtol=1e-5)
    found = integrated_gradients(question, steps=1)
    np.testing.assert_allclose(found.attribution.data, weight * x.data, rtol=1e-4, atol=1e-6)
    assert abs(found.error) < 1e-4
    raised = integrated_gradients(question, baseline=2.0, steps=1)
    np.testing.assert_allclose(raised.attribution.data, weight * (x.data - 2), rtol=1e-4, atol=1e-6)


def test_attributions_come_back_on_the_inputs_axes(grid):
    network, x = network_of("CRPCRF", grid), signal_of(grid)
    question = ask(network, x)
    assert saliency(question).attribution.axes == x.axes
    assert integrated_gradients(question, steps=2).attribution.axes == x.axes
    assert grad_cam(question).attribution.axes[1:] == x.axes[1:]


def test_a_hidden_layer_lies_where_its_samples_look():
    x = signal_of((40,))
    found = saliency(ask(network_of("C4k5RP2C8RF", (40,)), x), "P1").attribution
    time = found.axis("time")
    assert (time.size, time.step, time.unit) == (20, 0.02, "s")
    assert time.start == pytest.approx(0.005)


def test_grad_cam_shows_where_the_one_bump_is():
    x = signal_of((40,), channels=1)
    bump = np.zeros((1, 40), np.float32)
    bump[0, 28:31] = 1
    network = network_of("C1k3b0RP2GF1", (40,), channels=1, classes=1)
    with torch.no_grad():
        network.layer("C1").weight.fill_(1.0)
        network.layer("F1").weight.fill_(1.0)
    found = grad_cam(ask(network, x.with_data(bump), 0), "R1").attribution
    assert abs(int(found.data[0].argmax()) - 29) <= 1
    assert found.data[0, :25].max() == 0


# law


def test_integrated_gradients_add_up_the_better_the_finer_the_steps(grid):
    question = ask(network_of("C8R:tanhPC8R:tanhF", grid), signal_of(grid))
    errors = [abs(integrated_gradients(question, steps=n).error) for n in (1, 4, 64)]
    assert errors[2] < 1e-4
    assert errors[2] < errors[1] < errors[0]


def test_batches_of_steps_change_nothing_and_keep_the_limit():
    network, x = network_of("C8RPC8RF", (12, 20)), signal_of((12, 20))
    question, seen, ticks = ask(network, x), [], []
    network.register_forward_pre_hook(lambda _module, given: seen.append(len(given[0])))
    whole = integrated_gradients(question, steps=32)
    seen.clear()
    few = integrated_gradients(question, steps=32, limit=200_000, tick=lambda: ticks.append(1))
    assert max(seen) < 8
    assert len(ticks) >= 32 / max(seen)
    np.testing.assert_allclose(few.attribution.data, whole.attribution.data, atol=1e-5)


def test_the_network_keeps_its_mode_its_weights_and_no_hook():
    network, x = network_of("C8BRD.5F", (40,)), signal_of((40,))
    network.train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    question = ask(network, x)
    saliency(question, "C1")
    grad_cam(question)
    integrated_gradients(question, steps=3)
    assert network.training
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert all(p.grad is None for p in network.parameters())
    assert not any(layer._forward_hooks for layer in network.layers.values())


def test_a_net_of_label_maps_is_asked_about_places():
    network, x = network_of("C4RC3k1", (12, 20)), signal_of((12, 20))
    where = np.zeros((12, 20), bool)
    where[3, 4] = True
    found = saliency(ask(network, x, 2, where=where)).attribution.data
    assert np.abs(found[:, 2:5, 3:6]).max() > 0
    assert np.abs(found[:, :, 6:]).max() == 0
    assert ask(network, x).where.shape == (12, 20)


# same as


@pytest.mark.parametrize("layer", ["C1", "R1", "P1", "C2", "R2"])
def test_saliency_of_a_hidden_layer_equals_autograd_by_hand(grid, layer):
    network, x = network_of("C4RPC8RF", grid).eval(), signal_of(grid)
    chain = network.chain()
    at = [row.name for row in network.rows].index(layer)
    h = chain[: at + 1](torch.from_numpy(x.data)[None]).detach().requires_grad_(True)
    (wanted,) = torch.autograd.grad(chain[at + 1 :](h)[0, 1], h)
    found = saliency(ask(network, x, 1), layer).attribution.data
    np.testing.assert_allclose(found, wanted[0].numpy(), rtol=1e-4, atol=1e-6)


def test_saliency_reaches_inside_joins():
    network, x = network_of("C4[RC4]RGF", (40,)), signal_of((40,))
    found = saliency(ask(network, x), "C2")
    assert found.attribution.shape == (4, 40)
    assert np.abs(found.attribution.data).max() > 0


def test_grad_cam_equals_captum_s(grid):
    network, x = network_of("C4RPC8RF", grid).eval(), signal_of(grid)
    theirs = captum.attr.LayerGradCam(network, network.layer("R2"))
    given = torch.from_numpy(x.data)[None].requires_grad_(True)
    wanted = theirs.attribute(given, target=2, relu_attributions=True).detach().numpy()[0]
    found = grad_cam(ask(network, x, 2), "R2", fine=False).attribution
    np.testing.assert_allclose(found.data, wanted, rtol=1e-5, atol=1e-7)


def test_integrated_gradients_equal_captum_s(grid):
    network, x = network_of("C4RPC8RF", grid).eval(), signal_of(grid)
    theirs = captum.attr.IntegratedGradients(network)
    wanted = theirs.attribute(torch.from_numpy(x.data)[None], target=2, n_steps=16).detach().numpy()[0]
    found = integrated_gradients(ask(network, x, 2), steps=16).attribution.data
    np.testing.assert_allclose(found, wanted, rtol=1e-3, atol=1e-5)


# errors


def test_a_class_that_is_not_there_is_told_with_those_that_are():
    network, x = network_of("CRF", (40,)), signal_of((40,))
    with pytest.raises(ArgumentError, match=r"class is 'walc' \(did you mean 'walk'\?\); .*rest, walk, run"):
        ask(network, x, "walc", ["rest", "walk", "run"])
    with pytest.raises(ArgumentError, match="class is 3"):
        ask(network, x, 3)
    with pytest.raises(ShapeError, match="2 names; the network gives 3"):
        ask(network, x, 0, ["rest", "walk"])


def test_a_layer_that_is_not_there_is_told_with_those_that_are():
    question = ask(network_of("CRF", (40,)), signal_of((40,)))
    with pytest.raises(ArgumentError, match="'C7'; this net has 3 layers: C1, R1, F1"):
        saliency(question, "C7")
    with pytest.raises(ArgumentError, match="'F1', which has no grid left to draw on; those with one: C1, R1"):
        grad_cam(question, "F1")
    with pytest.raises(ArgumentError, match="no layer of this net has a grid"):
        grad_cam(ask(network_of("F", (40,)), signal_of((40,))))


def test_other_inputs_are_refused():
    network, x = network_of("CRF", (40,)), signal_of((40,))
    with pytest.raises(ShapeError, match=r"takes \(N, 2, 40\)"):
        ask(network, signal_of((12, 20)))
    holes = x.data.copy()
    holes[0, 3] = np.nan
    with pytest.raises(ArgumentError, match="NaN"):
        ask(network, x.with_data(holes))
    with pytest.raises(ShapeError, match="no label map"):
        ask(network, x, where=np.ones(40, bool))
    for wrong in ("median", None, np.nan):
        with pytest.raises(ArgumentError, match="baseline"):
            integrated_gradients(ask(network, x), baseline=wrong)
    with pytest.raises(ShapeError, match="baseline has shape"):
        integrated_gradients(ask(network, x), baseline=signal_of((12, 20)))


def test_what_does_not_fit_the_limit_says_both_numbers():
    question = ask(network_of("C64RF", (12, 20)), signal_of((12, 20)))
    with pytest.raises(ResourceError, match=r"one input takes \d+ MiB .* limit is 0 MiB"):
        saliency(question, limit=1000)
    with pytest.raises(ArgumentError, match="limit"):
        grad_cam(question, limit=0)
