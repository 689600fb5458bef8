"""Windows of recordings: cut around events or sliding, split by group, read in batches."""

from sigconv.windows.cut import Loaded, Windows, around_events, patches, sliding
from sigconv.windows.split import Split, by_part, checked, group_folds, holdout, leave_one_group_out

__all__ = [
    "Loaded",
    "Split",
    "Windows",
    "around_events",
    "by_part",
    "checked",
    "group_folds",
    "holdout",
    "leave_one_group_out",
    "patches",
    "sliding",
]
