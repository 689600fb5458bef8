"""Smoothing: a recording behind a moving average, drawn before and after, and written in its own format."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import Field

from sigconv import core, loaders
from sigconv.errors import RecipeError, SamplingError, nearest
from sigconv.files import write_whole
from sigconv.filters import CCDE
from sigconv.filters.lazy import Filtered
from sigconv.filters.memory import padding
from sigconv.recipe import folder
from sigconv.recipe.config import as_toml
from sigconv.recipe.lines import Line, Result
from sigconv.recipe.progress import Progress
from sigconv.recipe.tables import Recipe, Seconds, Table
from sigconv.report import smoothing_pictures
from sigconv.report.page import Section, facts, page, png
from sigconv.signal import Signal, Source

_WRITES = (".edf", ".wav", ".flac", ".c3d", ".trc")
_LOOKED_AT = 60.0  # s, at most, from which powers are estimated


class SmoothData(Table):
    """[data] path : a recording of channels over time; "" makes EEG up.  channel : that is drawn; "" takes one."""

    path: str = ""
    channel: str = ""


class Smooth(Table):
    """[smooth] how, and what is kept.

    samples : that are averaged
    keep : the version that is written: "centred", "causal" or "zero_phase"
    start, length : s, the piece that is drawn, within the first minute
    """

    samples: int = Field(default=10, ge=1, le=100_000)
    keep: Literal["centred", "causal", "zero_phase"] = "centred"
    start: Seconds = Field(default=0.0, ge=0, lt=_LOOKED_AT)
    length: Seconds = Field(default=2.0, gt=0, le=_LOOKED_AT)


class SmoothRecipe(Recipe):
    """A whole recipe that smooths one recording."""

    data: SmoothData = SmoothData()
    smooth: Smooth = Smooth()


@dataclass(frozen=True, eq=False)
class Version:
    """One way to smooth: what it is called, what it does to a piece, and how far it looks, in samples."""

    name: str
    step: Callable[[Signal], Signal]
    reach: int

    def before(self, source: Source) -> Filtered:
        """The recording behind it, read lazily."""
        return Filtered(source, self.step, self.reach * source.axes[-1].step)


def versions(samples: int) -> dict[str, Version]:
    """The lecture's three: numpy.convolve(x, ones(n) / n, "same"), the same as a CCDE, and that run both ways.

    >>> x = Signal.from_array(np.array([0.0, 0, 3, 0, 0, 0]), fs=1)
    >>> versions(3)["causal"].step(x).data[0].round(9).tolist()
    [0.0, 0.0, 1.0, 1.0, 1.0, 0.0]
    """
    equation = _equation(samples)
    around = equation.settle(1e-12) + padding(equation)
    return {
        "centred": Version("centred", lambda x: x.with_data(core.moving_average(x.data, samples)), samples),
        "causal": Version("as a difference equation", equation, samples),
        "zero_phase": Version("forwards and backwards", equation.zero_phase, around),
    }


def run(recipe: SmoothRecipe, name: str, out: Path, progress: Progress) -> Result:
    """Smooth one recording into a folder: pictures, a page, and the recording in its own format.

    Raises
    ------
    RecipeError : no channels over time, no such channel, or a piece outside the recording
    FileNotFoundError, FormatError, ResourceError : no such file, or a damaged or huge one
    """
    with folder.building(out, as_toml(recipe)) as working:
        with progress.stage("opening", 1) as tick:
            source = _opened(recipe)
            channel, target = _channel(recipe, source), f"smoothed{_suffix(recipe, source)}"
            tick()
        folder.log.info("%s: %s", name, source)
        with progress.stage("drawing", 1) as tick:
            summary = _drawn(working, recipe, source, channel, target)
            tick()
        with progress.stage("smoothing and writing", 1) as tick:
            smoothed = versions(recipe.smooth.samples)[recipe.smooth.keep].before(source)
            summary["left_out_s"] = _saved(smoothed, working / target)
            folder.write_json(working / "metrics.json", summary)
            tick()
    left = summary["power_left_percent"]
    told = (
        recipe.title,
        f"  recording   {summary['recording']}, {summary['channels']} channels at {summary['fs']:g} Hz",
        f"  equation    {summary['equation']}",
        f"  delay       {summary['delay_ms']:.1f} ms where it is causal",
        *(f"  power left  {value:5.1f} % of {channel}, {key}" for key, value in left.items()),
        f"  written     {out / target} ({recipe.smooth.keep})" + _cut(summary["left_out_s"]),
    )
    return Result(out, summary, told)


def _cut(seconds: float) -> str:
    return f"; its last {seconds:.2f} s do not fill a record of EDF and are left out" if seconds else ""


def _equation(samples: int) -> CCDE:
    return CCDE(np.full(samples, 1 / samples))


def _opened(recipe: SmoothRecipe) -> Source:
    if not recipe.data.path:
        from sigconv.loaders.eeg.generator import motor_imagery

        return motor_imagery(subjects=1, trials=4)[0]
    found = loaders.open(recipe.data.path)
    if [axis.name for axis in found.axes] != ["channel", "time"]:
        raise RecipeError(f"data.path is {recipe.data.path!r}, which is not channels over time: it is {found!r}")
    if recipe.smooth.samples > found.axes[-1].size:
        raise RecipeError(f"smooth.samples is {recipe.smooth.samples}; the recording has {found.axes[-1].size} samples")
    return found


def _channel(recipe: SmoothRecipe, source: Source) -> str:
    names, asked = source.axes[0].labels, recipe.data.channel
    if asked and asked not in names:
        raise RecipeError(f"data.channel is {asked!r}{nearest(asked, names)}; there are: {', '.join(names[:30])}")
    return asked or ("C3" if "C3" in names else names[len(names) // 2])


def _suffix(recipe: SmoothRecipe, source: Source) -> str:
    """The recording's own format where it is written, else EDF, or WAV for plain numbers."""
    own = Path(recipe.data.path).suffix.lower()
    return own if own in _WRITES else ".edf" if source.unit else ".wav"


def _saved(smoothed: Filtered, target: Path) -> float:
    """Write the recording; returns the seconds at its end that the format cannot hold, less than one."""
    try:
        loaders.save(smoothed, target)
    except SamplingError:
        time = smoothed.axes[-1]
        whole = float(int(time.size * time.step))
        if target.suffix != ".edf" or whole < 1 or round(whole * time.rate) == time.size:
            raise
        loaders.save(smoothed.read(time.start, time.start + whole), target)  # records of EDF are whole seconds
        return time.size * time.step - whole
    return 0.0


def _drawn(working: Path, recipe: SmoothRecipe, source: Source, channel: str, target: str) -> dict[str, Any]:
    """Write the pictures and the page; returns what metrics.json tells."""
    asked, time, row = recipe.smooth, source.axes[-1], source.axes[0].labels.index(channel)
    last = min(time.stop, time.start + _LOOKED_AT)
    try:
        first, end = time.between(time.start + asked.start, min(last, time.start + asked.start + asked.length))
    except SamplingError as error:
        raise RecipeError(f"smooth.start and smooth.length: {error}") from error
    recorded = source.read(time.start, last).data[row]
    every = versions(asked.samples)
    smoothed = {key: version.before(source).read(time.start, last).data[row] for key, version in every.items()}
    named = {every[key].name: values for key, values in smoothed.items()}
    equation, power = _equation(asked.samples), float(np.var(recorded))
    frequencies, response = equation.response(512, fs=time.rate)
    times = np.array([time.at(index) for index in range(first, end)])
    piece = {name: values[first:end] for name, values in named.items()}
    drawn = {
        "smoothed": smoothing_pictures.lines(times, recorded[first:end], piece, channel, source.unit),
        "power": smoothing_pictures.powers(recorded, named, (frequencies, np.abs(response)), time.rate, source.unit),
    }
    summary = {
        "recording": recipe.data.path or "made-up EEG (spherical head model)",
        "channels": source.axes[0].size,
        "fs": time.rate,
        "samples_averaged": asked.samples,
        "equation": str(equation),
        "delay_ms": 1000 * (asked.samples - 1) / 2 / time.rate,
        "channel": channel,
        "power_left_percent": {key: 100 * float(np.var(x)) / (power or 1.0) for key, x in smoothed.items()},
        "kept": asked.keep,
        "written": target,
    }
    folder.write_json(working / "environment.json", folder.environment())
    _page(working, recipe, summary, {name: png(figure) for name, figure in drawn.items()})
    return summary


def _page(working: Path, recipe: SmoothRecipe, summary: dict[str, Any], drawn: dict[str, bytes]) -> None:
    for name, content in drawn.items():
        write_whole(working / f"{name}.png", content)
    text = {
        "smoothed": "Centred, the average stands in the middle of its window; as a difference equation it knows the "
        "past alone and comes late; run forwards and backwards it is not late, and smooths twice.",
        "power": "Slow changes pass; a moving average of n samples lets nothing of fs / n and its multiples through.",
    }
    left = {f"power left, {key}": f"{value:.1f} %" for key, value in summary["power_left_percent"].items()}
    told = {key: value for key, value in summary.items() if key != "power_left_percent"} | left
    sections = [Section(name.capitalize(), text[name], picture=content) for name, content in drawn.items()]
    sections += [Section("Numbers", table=facts(told)), Section("Recipe", code=as_toml(recipe))]
    headline = f"{summary['recording']}: the mean of {summary['samples_averaged']} samples"
    write_whole(working / "report.html", page(recipe.title, headline, sections).encode())


LINE = Line(SmoothRecipe, run)
