"""ESC-50: 2000 environmental sounds of 5 s in 50 classes, 44.1 kHz.

    python data_scripts/esc50.py DIR                         # 616 MB; DIR/manifest.csv: path, label, group, fold
    python data_scripts/esc50.py DIR --mirror FOLDER         # from a copy: a folder or an address

Clips cut from one recording share a group; the five folds of the data set keep groups apart.

Source: Piczak (2015), doi:10.1145/2733373.2806390; MD5 as in soundata.
"""

import csv
from pathlib import Path

from sigconv.loaders.fetch import Dataset, File
from sigconv.loaders.tidy import unpacked, write_manifest
from sigconv.recipe.fetch import run


def tidy(folder: Path) -> None:
    """Unpack the archive and list its clips with class, source recording and fold."""
    unpacked(folder / "ESC-50-master.zip", folder / "clips", most=2_000_000_000)
    (meta,) = folder.glob("clips/*/meta/esc50.csv")
    audio = meta.parents[1].relative_to(folder) / "audio"
    with meta.open(newline="", encoding="utf-8") as file:
        rows = [(audio / r["filename"], r["category"], r["src_file"], r["fold"]) for r in csv.DictReader(file)]
    write_manifest(folder / "manifest.csv", ("path", "label", "group", "fold"), rows)


DATASET = Dataset(
    name="esc50",
    title="ESC-50: environmental sounds, 50 classes, 5 s, 44.1 kHz",
    licence="""licence: CC BY-NC 3.0 (its ESC-10 part: CC BY), https://github.com/karolpiczak/ESC-50
cite: Piczak (2015), ESC: Dataset for Environmental Sound Classification, doi:10.1145/2733373.2806390""",
    home="https://github.com/karoldvl/ESC-50/archive",
    files=(File("ESC-50-master.zip", "md5:7771e4b9d86d0945acce719c7a59305a", url="master.zip"),),
    tidy=tidy,
)

if __name__ == "__main__":
    run(DATASET)
