"""A learning curve: one row an epoch."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Epoch:
    """One row of a learning curve; NaN stands where nothing was looked at.

    epoch : 1, 2, …
    loss : what training lowers, in the mean over the windows as they were met
    score : of the same; the share of windows that are right, or of label maps the mean Dice of the classes 1, 2, …
    held_out_loss, held_out_score : cross-entropy in nats and score of what decides nothing
    validation_loss, validation_score : the same of what chooses the epoch
    rate : largest learning rate of the epoch's last step
    seconds : of the whole epoch
    samples_per_second : windows a second of training, without what is looked at afterwards
    """

    epoch: int
    loss: float
    score: float
    held_out_loss: float
    held_out_score: float
    validation_loss: float
    validation_score: float
    rate: float
    seconds: float
    samples_per_second: float


def as_json(rows: Sequence[Epoch]) -> list[dict[str, Any]]:
    """Rows as JSON values, None for what is not finite.

    >>> as_json([Epoch(1, 0.5, 1, *(math.nan,) * 4, 0.1, 2, 3)])[0]["held_out_loss"]
    """
    return [{k: v if math.isfinite(v) else None for k, v in asdict(row).items()} for row in rows]


def from_json(rows: Sequence[dict[str, Any]]) -> list[Epoch]:
    """The rows of `as_json`, NaN for None.

    >>> from_json(as_json([Epoch(1, 0.5, 1, *(math.nan,) * 4, 0.1, 2, 3)]))[0].seconds
    2
    """
    filled: list[dict[str, Any]] = [{k: math.nan if v is None else v for k, v in row.items()} for row in rows]
    return [Epoch(**row) for row in filled]
