"""The command `sigconv explain`."""

from pathlib import Path
from typing import Annotated

import typer

EXPLAIN = """Why does a run's model say what it says of a recording?

\b
  sigconv explain RUN trial.edf                             the window it is surest of, by integrated gradients
  sigconv explain RUN trial.edf --at T1 --class left        the first event T1: what speaks for left?
  sigconv explain RUN trial.edf --at "12.5 s" --method shapley     channels × frequency bands, on the scalp
  sigconv explain RUN word.wav --method shapley --pieces time=12   which moments matter
  sigconv explain RUN scan.nii.gz --method grad_cam --layer C3     three planes, and an overlay as NIfTI
  sigconv explain RUN scan.nii.gz --class liver --at z=120,x=60    of a model that gives label maps: one patch
  sigconv explain RUN clip.mp4 --method occlusion                  frames, and an overlay as MP4

\b
Methods, each on the input's own axes (s, Hz, mm); red speaks for the class, blue against it:
  integrated_gradients   adds up to f(x) - f(baseline); the error is printed
  saliency               the gradient; with --layer of any hidden layer
  grad_cam               where a layer's features speak for the class
  occlusion              what is lost when a window that slides is covered
  shapley                pieces taken away in random orders; adds up, with standard errors
  left_out               pieces taken away one at a time
Pieces: bands (channels × rhythms), joints, supervoxels, or AXIS=COUNT,…; auto takes what means something in the domain.
Captum comes with: pip install 'sigconv[explain]'.
"""


def explain(
    run: Annotated[Path, typer.Argument(help="Folder that `sigconv run` made.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A recording like those of the training.")],
    method: Annotated[str, typer.Option(help="One of the methods above.")] = "integrated_gradients",
    layer: Annotated[str, typer.Option(help="Of saliency and grad_cam: C1, R2, fc7 …")] = "",
    which: Annotated[str | None, typer.Option("--class", help="Class; default: the one the model says.")] = None,
    at: Annotated[str, typer.Option(help="'12.5 s', an event's label, or z=120,y=80 (mm).")] = "",
    nth: Annotated[int, typer.Option(min=1, help="Which of the events --at.")] = 1,
    pieces: Annotated[str, typer.Option(help="Of shapley and left_out.")] = "auto",
    baseline: Annotated[
        str, typer.Option(help="What is compared with: a number as the network sees it, or mean.")
    ] = "0",
    effort: Annotated[int, typer.Option(min=0, help="Steps or random orders; 0: enough.")] = 0,
    width: Annotated[float, typer.Option(help="Of occlusion's window, as a share of each axis.")] = 0.1,
    out: Annotated[Path | None, typer.Option(help="PNG to write; default FILE-METHOD.png here.")] = None,
) -> None:
    """See EXPLAIN."""
    from sigconv.recipe.explain import line
    from sigconv.recipe.explain.methods import Asked
    from sigconv.recipe.progress import bars

    asked = Asked(method, layer, pieces, baseline, effort, width)
    with bars() as progress:
        told = line.explain(run, file, out, asked, progress, which=which, at=at, nth=nth)
    typer.echo("\n".join(told))
