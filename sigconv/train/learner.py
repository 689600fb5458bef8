"""One step of training: forward, backward, and the move of the weights."""

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from sigconv.train.average import Average
from sigconv.train.device import fabric_on
from sigconv.train.losses import Loss
from sigconv.train.precision import Precision
from sigconv.train.settings import Settings
from sigconv.train.start import convolutions

Labelled = tuple[Tensor, Tensor]


class Learner:
    """A module on a device with its optimiser and, where wanted, the average of its weights.

    module : trained in place
    device : where
    loss : of (N, class, *grid) logits and (N, *grid) labels
    precision : how a step is computed
    """

    def __init__(
        self, module: nn.Module, device: torch.device, loss: Loss, precision: Precision, settings: Settings
    ) -> None:
        self.module, self.device, self.precision = module, device, precision
        self.optimiser = _optimiser(module, settings)
        self.average = Average(module, settings.average) if settings.average else None
        self._loss, self._clip = loss, settings.clip
        self._fabric = fabric_on(device)
        self._wrapped, self._mover = self._fabric.setup(module, self.optimiser)
        if self._fabric.world_size == 1:  # Fabric's wrappers then only cost, a tenth of the step of a small net
            self._wrapped, self._mover = module, self.optimiser
        self._learning = [p for p in module.parameters() if p.requires_grad]
        self._deaf = list(self._learning)

    def let_go(self) -> None:
        """Lose touch with other processes; a wrapper that outlives its process group holds up the end of Python."""
        self._wrapped = self._mover = self._fabric = None

    @property
    def best_module(self) -> nn.Module:
        """The module that is to be used: the average where there is one."""
        return self.module if self.average is None else self.average.twin

    def forward(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of a batch on the device, and its loss."""
        with self.precision.running(self.device.type):
            logits = self._wrapped(self.precision.laid_out(x))
        return logits, self._loss(logits, y)

    def gradients(self, parts: Sequence[Labelled], count: int) -> list[tuple[Tensor, float]]:
        """Gradients of the mean loss of `count` windows, which come in parts; logits and loss of each part.

        parts : of this process;  count : of all processes
        """
        self.optimiser.zero_grad()
        processes = self._fabric.world_size  # over which the gradients are averaged, behind the last part
        found = []
        for number, (x, y) in enumerate(parts, 1):
            more = processes > 1 and number < len(parts)
            with self._fabric.no_backward_sync(self._wrapped) if more else nullcontext():
                logits, loss = self.forward(x, y)
                weight = len(y) * processes / count
                self._fabric.backward(loss if weight == 1 else loss * weight)
            found.append((logits.detach(), loss.item()))
        return found

    def gradient_norm(self) -> float:
        """The norm of all gradients together, clipped afterwards to what the settings allow."""
        learning = [p for p in self._learning if p.grad is not None]
        # the sum that torch.nn.utils.get_total_norm gives, without its sorting by device
        norms = torch._foreach_norm([p.grad for p in learning if p.grad is not None])
        norm = torch.linalg.vector_norm(torch.stack(norms))
        if self._clip:
            torch.nn.utils.clip_grads_with_norm_(learning, self._clip, norm)
        return float(norm)

    def listen(self) -> None:
        """Let Python take a breath after each parameter of a backward pass: signals are heard then."""
        while self._deaf:
            parameter = self._deaf.pop()
            parameter.register_post_accumulate_grad_hook(lambda _parameter: None)  # type: ignore[no-untyped-call]

    def move(self, factor: float) -> None:
        """Move the weights along the gradients, at this share of the largest rates."""
        for group in self.optimiser.param_groups:
            group["lr"] = group["top"] * factor
        self._mover.step()
        if self.average is not None:
            self.average.update()

    def tensors(self) -> dict[str, Tensor]:
        """Everything that the next step depends on, by name."""
        found = {f"module.{name}": value for name, value in self.module.state_dict().items()}
        if self.average is not None:
            found |= {f"average.{name}": value for name, value in self.average.twin.state_dict().items()}
        for number, state in self.optimiser.state_dict()["state"].items():
            found |= {f"optimiser.{number}.{name}": value for name, value in state.items() if value is not None}
        return found

    def restore(self, tensors: dict[str, Tensor], averaged: int) -> None:
        """Be as one was that gave these tensors, `averaged` steps into its average."""
        self.module.load_state_dict(part(tensors, "module."))
        if self.average is not None:
            self.average.twin.load_state_dict(part(tensors, "average."))
            self.average.steps = averaged
        parameters = [p for group in self.optimiser.param_groups for p in group["params"]]
        for name, value in part(tensors, "optimiser.").items():
            number, key = name.split(".")
            parameter = parameters[int(number)]
            # in the parameter's own memory format, for which a fused optimiser does not look
            kept = torch.empty_like(parameter if value.shape == parameter.shape else value, device=parameter.device)
            self.optimiser.state[parameter][key] = kept.copy_(value)


def part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The tensors whose names begin so, by the rest of their names.

    >>> part({"a.w": torch.ones(1), "b.w": torch.ones(1)}, "a.")
    {'w': tensor([1.])}
    """
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _optimiser(module: nn.Module, settings: Settings) -> torch.optim.Optimizer:
    filters = [p for layer in convolutions(module) for p in layer.parameters()]
    known = {id(p) for p in filters}
    rest = [p for p in module.parameters() if id(p) not in known]
    top = settings.rate if settings.conv_rate is None else settings.conv_rate
    groups: list[dict[str, Any]] = [{"params": filters, "top": top}, {"params": rest, "top": settings.rate}]
    groups = [g for g in groups if g["params"]]
    if settings.optimiser == "sgd":
        decay, momentum = settings.weight_decay, settings.momentum
        return torch.optim.SGD(
            groups, lr=settings.rate, momentum=momentum, nesterov=momentum > 0, weight_decay=decay, fused=True
        )
    return torch.optim.AdamW(groups, lr=settings.rate, weight_decay=settings.weight_decay, fused=True)
