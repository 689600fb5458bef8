"""UCF101: 13 320 clips of 101 actions, 320 x 240, 25 frames a second.

    python data_scripts/ucf101.py DIR                        # 6.9 GB, and three official splits
    cd DIR && unrar x UCF101.rar                             # a RAR archive: unpack it with a tool for that; then
    python data_scripts/ucf101.py DIR                        # DIR/manifest.csv: path, label, group, split1 … split3

The group is the source video from which several clips were cut. No checksum is published.

Source: Soomro, Zamir & Shah (2012), arXiv:1212.0402.
"""

import re
from pathlib import Path

from sigconv.loaders.fetch import Dataset, File
from sigconv.loaders.tidy import unpacked, write_manifest
from sigconv.recipe.fetch import run

SPLITS = "UCF101TrainTestSplits-RecognitionTask.zip"


def tidy(folder: Path) -> None:
    """List the clips once the archive is unpacked; its splits are unpacked here."""
    unpacked(folder / SPLITS, folder / "splits", most=50_000_000)
    clips = sorted(folder.glob("UCF-101/*/v_*.avi"))
    if not clips:
        return
    test = [
        {
            line.split()[0]
            for line in (folder / f"splits/ucfTrainTestlist/testlist0{n}.txt").read_text().splitlines()
            if line
        }
        for n in (1, 2, 3)
    ]
    rows = []
    for path in clips:
        inside = path.relative_to(folder / "UCF-101")
        label = inside.parts[0]
        found = re.fullmatch(r"v_\w+_g(\d+)_c\d+", path.stem)
        group = f"{label}_{found[1]}" if found else path.stem
        rows.append(
            (path.relative_to(folder), label, group, *("test" if inside.as_posix() in t else "train" for t in test))
        )
    write_manifest(folder / "manifest.csv", ("path", "label", "group", "split1", "split2", "split3"), rows)


DATASET = Dataset(
    name="ucf101",
    title="UCF101: 101 actions in 13 320 clips, 320 x 240",
    licence="""licence: none stated by its authors; free for research, https://www.crcv.ucf.edu/data/UCF101.php
cite: Soomro, Zamir & Shah (2012), UCF101, arXiv:1212.0402""",
    home="https://www.crcv.ucf.edu/data/UCF101",
    files=(File("UCF101.rar"), File(SPLITS)),
    tidy=tidy,
    then="(cd {folder} && unrar x UCF101.rar), then the same command again",
)

if __name__ == "__main__":
    run(DATASET)
