"""The command line: sigconv run · recipes · info · fetch · cache · describe · export · predict · explain …"""

import signal
from pathlib import Path
from typing import Annotated

import typer

from sigconv.errors import ArgumentError, SigconvError
from sigconv.recipe import cache as cache_folder
from sigconv.recipe import describe as words
from sigconv.recipe import export as export_file
from sigconv.recipe import fetch as fetch_files
from sigconv.recipe import info as info_file
from sigconv.recipe import ranks
from sigconv.recipe.explain import command as explain_command

app = typer.Typer(
    help="Signals and 1-D/2-D/3-D convolutional networks.\n\nStart here: sigconv run eeg_motor_imagery",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


class _Stopped(BaseException):
    """Ctrl-C or SIGTERM; not a KeyboardInterrupt, so that nothing below takes it for its own."""


def _stop(number: int, _frame: object) -> None:
    raise _Stopped(number)


def main() -> None:
    """Run the command line; a wrong input is one line on stderr and exit code 2, Ctrl-C 130, SIGTERM 143."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    try:
        app(prog_name="sigconv")
    except (SigconvError, OSError) as error:
        stopped_by = getattr(error, "signal", None)  # of train.Stopped
        if stopped_by is None or ranks.rank() == 0:
            ranks.let_others_speak()
            _say("\n".join([told(error), *getattr(error, "__notes__", [])]))
        ranks.leave(2 if stopped_by is None else 128 + stopped_by)
    except MemoryError as error:
        ranks.let_others_speak()
        _say(f"not enough memory: {error}; take less data or a smaller width or window")
        ranks.leave(2)
    except RuntimeError as error:
        from sigconv.train.processes import is_lost

        if not is_lost(error):
            raise
        ranks.let_others_speak(lost=True)
        _say("another process of this run ended; what it said stands above, or on its machine")
        ranks.leave(2)
    except _Stopped as stopped:
        notes = getattr(stopped, "__notes__", ["nothing was left behind, and the same command starts afresh"])
        if ranks.rank() == 0:
            _say(f"stopped; {'; '.join(notes)}")
        ranks.leave(128 + stopped.args[0])


def _say(text: str) -> None:
    typer.echo(f"{ranks.speaker()}: {text}", err=True)


def told(error: BaseException) -> str:
    """The message of an error for a person: for an OSError of the system, what failed and the path."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror[0].lower()}{error.strerror[1:]}: {error.filename or ''}".rstrip(": ")
    return str(error)


@app.command()
def run(
    recipe: Annotated[str, typer.Argument(metavar="RECIPE", help="A name (see `sigconv recipes`), or a .toml file.")],
    overrides: Annotated[list[str] | None, typer.Argument(metavar="KEY=VALUE…", help="Laid over the recipe.")] = None,
    out: Annotated[Path | None, typer.Option(help="Run folder to make; default runs/RECIPE-DATE-TIME.")] = None,
    fetch: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Real data: fetch what is missing of it to DIR, and run on it.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell sizes, memory and time; train nothing.")] = False,
) -> None:
    """Run a recipe: data, filter, windows, network, training, report.

    \b
      sigconv run image_objects                              on made-up data, a minute or two
      sigconv run image_objects data.path=DIR                on yours: DIR/cat/1.jpg, DIR/dog/7.png …
      sigconv run image_objects data.path=table.csv          a table with the columns path, label, group
      sigconv run audio_digits_waveform data.path=DIR 'data.pattern={label}_{speaker}_{_}.wav'
      sigconv run membrane_unet data.path=DIR                label maps: DIR/images/1.png, DIR/labels/1.png …
      sigconv run eeg_motor_imagery data.path=DIR data.task=left_right train.epochs=40 'run.seeds=[0,1]'

    What is not to be divided between training and test (a subject, speaker, scan …) is a group; data.group names its
    column or word. Files that cannot be read are named; data.skip=true leaves them out.
    `sigconv describe RECIPE` shows every key, recipes/RECIPE what they mean.

    Out comes a folder with report.html, metrics.json and the model that `sigconv predict` takes. A run that was
    stopped goes on with the same command. Exit codes: 0 done, 2 wrong input (one line says what), 130 Ctrl-C,
    143 SIGTERM.
    """
    from sigconv.recipe.launch import run as launched

    if told_text := launched(recipe, overrides or [], out, dry_run, fetch):
        typer.echo(told_text)


@app.command()
def recipes() -> None:
    """List the recipes that come with sigconv, each with its measured result.

    Run one: `sigconv run NAME`; on your own data: `sigconv run NAME data.path=DIR`. Its keys: `sigconv describe NAME`.
    """
    from sigconv.recipe import config

    for name in config.names():
        typer.echo(f"{name}\n  {config.read(name).title}")
        for line in config.find(name).read_text(encoding="utf-8").splitlines():
            if not line.startswith("#"):
                break
            typer.echo(f"  {line.lstrip('# ')}")


@app.command(help=info_file.INFO)
def info(
    paths: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Files of any domain, or a folder of DICOM.")],
    draw: Annotated[Path | None, typer.Option(metavar="PNG", help="Draw a first look at the one file given.")] = None,
) -> None:
    """See info_file.INFO."""
    if draw is not None and len(paths) > 1:
        raise ArgumentError(f"--draw makes one picture, and {len(paths)} files are given; give one of them")
    if draw is not None and draw.suffix.lower() != ".png":
        raise ArgumentError(f"--draw is {str(draw)!r}; it is a .png file")
    failed = False
    for path in paths:
        try:
            typer.echo(info_file.info(path))
        except (SigconvError, OSError) as error:
            failed = True
            typer.echo(f"sigconv: {told(error)}", err=True)
    if failed:
        raise typer.Exit(2)
    if draw is not None:
        info_file.draw(paths[0], draw)
        typer.echo(f"\npicture: {draw}")


@app.command(help=fetch_files.FETCH)
def fetch(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A data set; without one they are listed.")] = "",
    folder: Annotated[Path | None, typer.Argument(metavar="DIR", help="Where its files go.")] = None,
    only: Annotated[list[str] | None, typer.Option(metavar="GLOB", help="Files to fetch; default: all.")] = None,
    mirror: Annotated[str | None, typer.Option(help="A copy of the data set: an address or a folder.")] = None,
) -> None:
    """See fetch_files.FETCH."""
    from sigconv.recipe.progress import bars

    if not name:
        for known in fetch_files.names():
            typer.echo(f"{known:<25}{fetch_files.dataset(known).title}")
        return
    wanted = fetch_files.dataset(name)
    if folder is None:
        raise ArgumentError(f"DIR is missing; say where the files go: sigconv fetch {name} DIR")
    with bars() as progress:
        fetch_files.fetch(wanted, folder, only or [], mirror, progress, typer.echo)


@app.command(help=cache_folder.CACHE)
def cache(
    files: Annotated[list[Path] | None, typer.Argument(metavar="FILE…", help="Recordings to decode into it.")] = None,
    clean: Annotated[str | None, typer.Option(metavar="SIZE", help="Make room; so much may stay.")] = None,
) -> None:
    """See cache_folder.CACHE."""
    from sigconv.recipe.progress import bars

    if files and clean is not None:
        raise ArgumentError("--clean makes room, and files are decoded; give one or the other")
    if files:
        with bars() as progress:
            said = cache_folder.filled(files, progress)
    else:
        said = cache_folder.listed() if clean is None else cache_folder.cleaned(clean)
    typer.echo(said)


@app.command(help=words.DESCRIBE)
def describe(
    text: Annotated[
        str,
        typer.Argument(
            help="A network in the lecture's notation, a known one (lenet1989 … r2plus1d), or a recipe's name."
        ),
    ],
    size: Annotated[str, typer.Option("--input", help="channels x grid: 1x128, 3x64x64 or 1x32x32x32.")] = "",
    classes: Annotated[int | None, typer.Option(min=1, help="What a bare F gives; 2 unless given.")] = None,
    batch: Annotated[int, typer.Option(min=1, help="Examples at a time, for the memory.")] = 1,
    number_bytes: Annotated[int, typer.Option("--bytes", min=1, help="Of one number: 4 float32, 2 bfloat16.")] = 4,
    whole: Annotated[bool, typer.Option("--whole", help="Write repeated blocks out.")] = False,
    field: Annotated[bool, typer.Option("--field", help="Show step and first sample of the fields, too.")] = False,
    draw: Annotated[Path | None, typer.Option(help="SVG file to draw the network into.")] = None,
) -> None:
    """See words.DESCRIBE."""
    from sigconv import nets
    from sigconv.recipe import config
    from sigconv.report.network import Columns

    if text in config.names():
        typer.echo(config.as_toml(config.read(text)))
        return
    net, spec, usual, paper = words.network(text, size, config.names())
    classes = usual if classes is None else classes
    if draw is not None:
        words.draw(nets.measure.shapes(net, spec, classes), text, draw)
    columns = Columns(number_bytes, batch, folded=not whole, field=field)
    typer.echo(words.described(net, spec, classes, columns, words.terminal_width()))
    if paper:
        typer.echo(f"paper            {paper}")
    if draw is not None:
        typer.echo(f"\ndrawing: {draw}")


@app.command(help=export_file.EXPORT)
def export(
    source: Annotated[
        str, typer.Argument(metavar="TEXT|NAME|FOLDER", help="A network's text, a known name, or a run folder.")
    ],
    out: Annotated[Path, typer.Argument(metavar="FILE", help="File to write: .onnx or .pt2.")],
    size: Annotated[str, typer.Option("--input", help="channels x grid: 1x128, 3x64x64 or 1x32x32x32.")] = "",
    classes: Annotated[int | None, typer.Option(min=1, help="What a bare F gives; 2 unless given.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Of the first weights; 0 unless given.")] = None,
) -> None:
    """See export_file.EXPORT."""
    typer.echo(export_file.export(source, out, size, classes, seed))


@app.command(epilog="Example: sigconv sizes 28 14; sigconv sizes 14 28 --transposed")
def sizes(
    before: Annotated[int, typer.Argument(min=1, help="Samples along an axis.")],
    after: Annotated[int, typer.Argument(min=1, help="Samples wanted behind the layer.")],
    transposed: Annotated[bool, typer.Option("--transposed", help="Of a transposed convolution.")] = False,
    dilation: Annotated[int, typer.Option(min=1, help="Samples from one tap to the next.")] = 1,
    largest: Annotated[int, typer.Option(min=1, max=1000, help="The largest kernel to try.")] = 11,
) -> None:
    """Which kernels, strides and paddings turn a length into another: the arithmetic of shapes backwards."""
    typer.echo(words.ways_text(before, after, transposed=transposed, dilation=dilation, largest=largest))


@app.command(
    "filter",
    epilog="Examples: sigconv filter in.edf out.edf --bandpass 7 30 --notch 50; "
    "sigconv filter in.flac out.wav --lowpass 3000; sigconv filter walk.c3d smooth.trc --smooth '50 ms'",
)
def filter_(
    source: Annotated[Path, typer.Argument(help="Recording: EEG, audio or motion capture (see `sigconv info`).")],
    target: Annotated[Path, typer.Argument(help="File to write: .edf, .wav, .flac, .c3d or .trc.")],
    bandpass: Annotated[tuple[str, str] | None, typer.Option(help="Lower and upper edge, Hz.")] = None,
    bandstop: Annotated[tuple[str, str] | None, typer.Option(help="Lower and upper edge, Hz.")] = None,
    lowpass: Annotated[str | None, typer.Option(help="Edge, Hz.")] = None,
    highpass: Annotated[str | None, typer.Option(help="Edge, Hz.")] = None,
    notch: Annotated[str | None, typer.Option(help="Line frequency to remove, Hz.")] = None,
    smooth: Annotated[str | None, typer.Option(help="Width of a moving average, s (or '50 ms').")] = None,
    average_reference: Annotated[bool, typer.Option(help="Subtract the mean of all channels.")] = False,
    resample: Annotated[str | None, typer.Option(help="New sampling rate, Hz.")] = None,
    order: Annotated[int, typer.Option(min=1, max=20, help="Order of the Butterworth filters.")] = 4,
    causal: Annotated[bool, typer.Option(help="Filters use the past only; default is zero phase.")] = False,
) -> None:
    """Filter a recording into a new file; channels, unit, events and start time are kept."""
    from sigconv.recipe.convert import convert
    from sigconv.recipe.progress import bars

    edges = {"bandpass": bandpass, "bandstop": bandstop, "lowpass": lowpass, "highpass": highpass, "notch": notch}
    with bars() as progress:
        done = convert(
            source,
            target,
            {name: edge for name, edge in edges.items() if edge is not None},
            smooth=smooth,
            average_reference=average_reference,
            resample=resample,
            order=order,
            zero_phase=not causal,
            progress=progress,
        )
    typer.echo(f"{target}: {done}")


@app.command()
def predict(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder that `sigconv run` made.")],
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Recordings like those of the training.")],
    out: Annotated[Path | None, typer.Option(help="File to write; default FILE-predictions.csv here.")] = None,
    step: Annotated[str, typer.Option(help="Time between windows that slide over a long recording.")] = "0.5 s",
    at: Annotated[list[str] | None, typer.Option(help="Event label: one window for each such event instead.")] = None,
) -> None:
    """Write what a run's model says of recordings, and draw it as PNG.

    \b
      sigconv predict RUN trial.edf --at T1 --at T2     a row for each event, with the probability of each class
      sigconv predict RUN talk.wav --step '250 ms'      a row for each window along the recording
      sigconv predict RUN *.jpg --out all.csv           a row for each picture, or scan
      sigconv predict RUN section.png                   of a model of label maps: section-labels.png
      sigconv predict RUN scan.nii.gz --out mask.nii.gz      the same, in the scan's own geometry
      sigconv predict RUN dicom/                        a series: NIfTI and DICOM SEG

    Files of other rates, sizes or channel counts are brought to the model's as in training; where that cannot be,
    one line says why.
    """
    from sigconv import units
    from sigconv.recipe import lines
    from sigconv.recipe.progress import bars

    placement = lines.Placement(units.parse(step, "s"), tuple(at or ()))
    with bars() as progress:
        told_lines = lines.predict(run, files, out, placement, progress)
    typer.echo("\n".join(told_lines))


app.command(help=explain_command.EXPLAIN)(explain_command.explain)
