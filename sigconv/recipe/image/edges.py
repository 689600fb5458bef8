"""Edges: an image beside its Laplacian, its slopes along x and y, and its blurred self."""

from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import Field

from sigconv import core, loaders
from sigconv.errors import RecipeError
from sigconv.files import write_whole
from sigconv.loaders import Recording
from sigconv.recipe import folder
from sigconv.recipe.config import as_toml
from sigconv.recipe.image.brought import brightness
from sigconv.recipe.lines import Line, Result
from sigconv.recipe.progress import Progress
from sigconv.recipe.tables import Recipe, Table
from sigconv.report.image_pictures import side_by_side
from sigconv.report.page import Section, facts, page, png
from sigconv.signal import Axis, Signal

_BRIGHTNESS = ("original", "Gaussian")

Array = np.ndarray[Any, Any]


class EdgesData(Table):
    """[data] path : the image to look at, in any format that is read; "" makes one up."""

    path: str = ""


class Edges(Table):
    """[edges] sigma : pixels, of the Gaussian;  boundary : what lies outside the image."""

    sigma: float = Field(default=2.0, gt=0, le=100)
    boundary: Literal["symmetric", "reflect", "edge", "wrap", "zeros"] = "symmetric"


class EdgesRecipe(Recipe):
    """A whole recipe that shows the edges of one image."""

    data: EdgesData = EdgesData()
    edges: Edges = Edges()


def run(recipe: EdgesRecipe, name: str, out: Path, progress: Progress) -> Result:
    """Filter one image and write a figure, each picture as PNG and as exact numbers (32-bit TIFF), and a page.

    Raises
    ------
    RecipeError : data.path is no image
    FileNotFoundError, FormatError, ResourceError : no such file, or a damaged or huge one
    """
    with folder.building(out, as_toml(recipe)) as working:
        with progress.stage("filtering", 1) as tick:
            image = _image(recipe.data.path)
            grey = brightness(image)
            found = filtered(grey, recipe.edges)
            tick()
        folder.log.info("%s: %s", name, image)
        summary = {
            "image": recipe.data.path or "made up",
            "pixels": list(grey.shape),
            **{title: {"least": float(one.min()), "largest": float(one.max())} for title, one in found.items()},
        }
        with progress.stage("writing the report", 1) as tick:
            _write(working, recipe, found, summary)
            tick()
    told = [recipe.title, f"  image     {summary['image']}, {grey.shape[1]} × {grey.shape[0]} pixels"]
    told += [
        f"  {title:<9} {one.min():8.3f} … {one.max():.3f}   {file_name(title)}.png" for title, one in found.items()
    ]
    return Result(out, summary, tuple(told))


def filtered(grey: Array, settings: Edges) -> dict[str, Array]:
    """The five pictures of the lecture by their titles, each (y, x).

    grey : (y, x) float, 0 black to 1 white

    >>> list(filtered(np.eye(8), Edges()))
    ['original', 'Laplacian', 'Sobel X', 'Sobel Y', 'Gaussian']
    """
    boundary = settings.boundary
    return {
        "original": grey,
        "Laplacian": core.laplacian(grey, boundary=boundary),
        "Sobel X": core.sobel(grey, 1, boundary=boundary),
        "Sobel Y": core.sobel(grey, 0, boundary=boundary),
        "Gaussian": core.gaussian(grey, settings.sigma, boundary=boundary),
    }


def file_name(title: str) -> str:
    """A picture's title as the name of its file.

    >>> file_name("Sobel X")
    'sobel_x'
    """
    return title.lower().replace(" ", "_")


def _image(path: str) -> Recording:
    if not path:
        from sigconv.loaders.image.generator import membranes

        return membranes(blocks=1, sections=1, size=256)[0][0]
    found = loaders.open(path)
    if [axis.name for axis in found.axes] != ["channel", "y", "x"]:
        raise RecipeError(f"data.path is {path!r}, which is {found.notes['domain']}; this recipe looks at an image")
    return found


def _write(working: Path, recipe: EdgesRecipe, found: dict[str, Array], summary: dict[str, Any]) -> None:
    for title, picture in found.items():
        axes = (Axis.channel(["grey"]), Axis("y", picture.shape[0]), Axis("x", picture.shape[1]))
        loaders.save(Signal(_shown(title, picture)[None], axes), working / f"{file_name(title)}.png")
        loaders.save(Signal(picture[None].astype(np.float32), axes), working / f"{file_name(title)}.tif")
    figure = png(side_by_side([(title, _shown(title, picture)) for title, picture in found.items()]))
    write_whole(working / "side_by_side.png", figure)
    folder.write_json(working / "environment.json", folder.environment())
    folder.write_json(working / "metrics.json", summary)
    text = (
        "Brightness from 0 (black) to 1 (white). Slopes and the Laplacian are drawn around a middle grey, each on its "
        "own scale; the .tif files hold the numbers themselves."
    )
    ranges = {title: f"{one.min():.4g} to {one.max():.4g}" for title, one in found.items()}
    sections = [
        Section("Side by side", text, picture=figure),
        Section("Numbers", table=facts(ranges)),
        Section("Recipe", code=as_toml(recipe)),
    ]
    write_whole(working / "report.html", page(recipe.title, str(summary["image"]), sections).encode())


def _shown(title: str, picture: Array) -> Array:
    """A picture as uint8: brightness as it is, slopes and bends around a middle grey up to the steepest."""
    if title in _BRIGHTNESS:
        return np.asarray(np.rint(255 * np.clip(picture, 0, 1)), np.uint8)
    most = float(np.abs(picture).max()) or 1.0
    return np.asarray(np.rint(127.5 + 127.5 * picture / most), np.uint8)


LINE = Line(EdgesRecipe, run)
