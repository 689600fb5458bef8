"""What a recipe for EEG may hold."""

from typing import Literal

from pydantic import Field

from sigconv.recipe.tables import Classify, Data, Hertz, Seconds, Table


class Made(Table):
    """[data.made] how much EEG to make up when no path is given."""

    subjects: int = Field(default=6, ge=1, le=1000)
    trials: int = Field(default=40, ge=4, le=10000)
    seed: int = Field(default=0, ge=0)


class EegData(Data):
    """[data] recordings with events; `files` and `events` replace those of the task."""

    task: str = ""
    group: Literal["auto", "subject", "recording"] = "auto"
    files: list[str] = Field(default=[])
    events: dict[str, str] = Field(default={})
    made: Made = Made()


class Task(Table):
    """[tasks.NAME] glob patterns of files and event label -> class."""

    files: list[str] = Field(default=["*"])
    events: dict[str, str]


class Filter(Table):
    """[filter] pass band in hertz and the shrinkage of the alignment (0: none)."""

    low: Hertz
    high: Hertz
    align: float = Field(default=0.0, ge=0, le=1)


class Window(Table):
    """[window] seconds after the event."""

    start: Seconds
    stop: Seconds


class Baseline(Table):
    """[baseline] CSP + LDA on its own window."""

    components: int = Field(default=6, ge=1)
    start: Seconds
    stop: Seconds


class EegRecipe(Classify):
    """A whole recipe that classifies EEG around events."""

    data: EegData = EegData()
    tasks: dict[str, Task] = Field(default={})
    filter: Filter
    window: Window
    baseline: Baseline
