"""The report of an EEG run: its pictures as files, and one HTML page."""

from pathlib import Path
from typing import Any

import numpy as np

from sigconv import nets
from sigconv.files import write_whole
from sigconv.recipe import eeg, folder
from sigconv.recipe.config import Recipe, as_toml
from sigconv.report import pictures
from sigconv.report.network import network_table
from sigconv.report.page import Section, facts, page, png
from sigconv.train.start import convolutions
from sigconv.windows import Loaded


def report(
    working: Path, recipe: Recipe, gathered: eeg.Gathered, windows: Loaded, found: Any, matrices: Any, summary: Any
) -> None:
    """Write every picture as PNG, and report.html with the pictures inside."""
    drawn = _pictures(recipe, gathered, windows, found, matrices, summary)
    for name, content in drawn.items():
        write_whole(working / f"{name}.png", content)
    write_whole(working / "report.html", _page(recipe, gathered, windows, summary, drawn).encode())


def _pictures(
    recipe: Recipe, gathered: eeg.Gathered, windows: Loaded, found: Any, matrices: Any, summary: Any
) -> dict[str, bytes]:
    source = gathered.sources[0]
    rate = source.axes[-1].rate
    drawn = {
        "accuracy": pictures.accuracy_bars(
            summary["accuracy_by_group"], summary["baseline_by_group"], summary["chance"], summary["baseline"]
        ),
        "confusion": pictures.confusion_matrix(np.array(summary["confusion"]), windows.classes),
        "learning_curves": pictures.learning_curves([model.history for model in found.fitted]),
        "spectrum": _spectrum(recipe, source),
    }
    layers = convolutions(found.final.module)
    if layers and layers[0].weight.shape[2] == 1 and layers[0].weight.shape[1] == windows.shape[0]:
        filters = layers[0].weight.detach().numpy()[:, :, 0]
        sensor = np.mean(matrices, axis=0)
        titles = [f"filter {n}" for n in range(1, len(filters) + 1)]
        names, positions = source.axes[0].labels, source.notes.get("positions", {})
        drawn["scalp_map"] = pictures.scalp_map((sensor @ filters.T).T, names, positions, titles)
        if len(layers) > 1 and layers[1].weight.shape[1] == 1:
            kernels = layers[1].weight.detach().numpy()[:, 0]
            drawn["temporal_kernels"] = pictures.temporal_responses(kernels, rate)
    return {name: png(figure) for name, figure in drawn.items()}


def _spectrum(recipe: Recipe, source: Any) -> Any:
    time = source.axes[-1]
    stop = min(time.stop, time.start + 60)
    names = source.axes[0].labels
    which = names.index("C3") if "C3" in names else len(names) // 2
    before = source.read(time.start, stop).data[which]
    after = eeg.band_passed(source, recipe.filter).read(time.start, stop).data[which]
    band = (recipe.filter.low, recipe.filter.high)
    return pictures.spectra(before, after, time.rate, band, names[which], source.unit)


def headline(summary: dict[str, Any]) -> str:
    """The result in one line: network, baseline and chance."""
    low, high = summary["accuracy_interval_95"]
    seeds = summary["accuracy_by_seed"]
    spread = ", ".join(f"{100 * v:.1f}" for v in seeds.values())
    return (
        f"{100 * summary['accuracy']:.1f} % of {summary['windows']} windows right "
        f"(95 % interval over {summary['groups']} held-out {summary['held_out_by']}s: "
        f"{100 * low:.1f} to {100 * high:.1f} %; seeds: {spread}); "
        f"{summary['baseline']} {100 * summary['baseline_accuracy']:.1f} %, "
        f"on the network's aligned windows {100 * summary['aligned_baseline_accuracy']:.1f} %; "
        f"largest class {100 * summary['chance']:.1f} %"
    )


def _page(recipe: Recipe, gathered: eeg.Gathered, windows: Loaded, summary: Any, drawn: dict[str, bytes]) -> str:
    net, spec = nets.parse(recipe.net.text), nets.InputSpec(channels=windows.shape[0], grid=windows.shape[1:])
    groups = summary["accuracy_by_group"]
    table = [["held out", "network (%)", f"{summary['baseline']} (%)"]] + [
        [name, f"{100 * groups[name]:.1f}", f"{100 * summary['baseline_by_group'][name]:.1f}"] for name in groups
    ]
    origin = recipe.data.path or "made-up EEG (spherical head model)"
    data = {
        "data": origin,
        "recordings": len(gathered.sources),
        "windows": ", ".join(f"{k} {v}" for k, v in summary["windows_by_class"].items()),
        "window": f"{recipe.window.start:g} to {recipe.window.stop:g} s after the event",
        "band": f"{recipe.filter.low:g} to {recipe.filter.high:g} Hz, zero phase",
        "alignment": f"whitened, shrinkage {recipe.filter.align:g}" if recipe.filter.align else "none",
        "held out": f"one {gathered.kind} at a time",
        "Cohen's kappa": f"{summary['kappa']:.3f}",
        "log loss": f"{summary['log_loss']:.3f} nats",
    }
    layers = network_table(nets.measure.shapes(net, spec, classes=len(windows.classes)))
    text = {
        "accuracy": "Each group was held out once; the network never saw it, nor did the baseline.",
        "confusion": "All held-out windows, all seeds.",
        "learning_curves": "The held-out curves are shown only; they chose nothing.",
        "spectrum": "One channel of the first recording, as recorded and behind the filter.",
        "scalp_map": "What each spatial filter of the final network looks at, as the pattern C w over the scalp.",
        "temporal_kernels": "Which frequencies each temporal kernel lets through, inside the band.",
    }
    titles = {name: name.replace("_", " ").capitalize() for name in drawn}
    shown = [Section(titles[name], text[name], picture=content) for name, content in drawn.items()]
    versions = folder.environment()
    return page(
        recipe.title,
        headline(summary),
        [
            Section("Data", table=facts(data)),
            Section("Result by group", table=table),
            *shown,
            Section("Network", recipe.net.text, table=layers),
            Section("Recipe", code=as_toml(recipe)),
            Section("Environment", table=facts({**versions["packages"], "python": versions["python"]})),
        ],
    )
