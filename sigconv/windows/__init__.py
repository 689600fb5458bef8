"""Windows of recordings: cut around events or sliding, split by group, read in batches."""

from sigconv.windows.batches import Batch, Read, batches, reading
from sigconv.windows.cut import Loaded, Windows, around_events, sliding
from sigconv.windows.join import concatenate
from sigconv.windows.patches import covering, patches, with_targets
from sigconv.windows.split import Split, by_part, checked, group_folds, holdout, leave_one_group_out
from sigconv.windows.whole import whole

__all__ = [
    "Batch",
    "Loaded",
    "Read",
    "Split",
    "Windows",
    "around_events",
    "batches",
    "by_part",
    "checked",
    "concatenate",
    "covering",
    "group_folds",
    "holdout",
    "leave_one_group_out",
    "patches",
    "reading",
    "sliding",
    "whole",
    "with_targets",
]
