"""CMU Graphics Lab Motion Capture Database: 144 subjects, about 2600 trials, as C3D.

    python data_scripts/cmu_mocap.py DIR --only "*_0.zip"    # subjects below 10; DIR/allc3d_0/…
    python data_scripts/cmu_mocap.py DIR                     # all five archives
    python data_scripts/cmu_mocap.py DIR --mirror FOLDER     # from a copy: a folder or an address

No checksum is published: what protects against damage is each archive member's own CRC-32.

Source: http://mocap.cs.cmu.edu
"""

from pathlib import Path

from sigconv.loaders.fetch import Dataset, File
from sigconv.loaders.tidy import unpacked, write_manifest
from sigconv.recipe.fetch import run

PARTS = ("0", "1a", "1b", "234", "56789")


def tidy(folder: Path) -> None:
    """Unpack every archive that was fetched, and list the trials with their subjects."""
    for part in PARTS:
        unpacked(folder / f"allc3d_{part}.zip", folder / f"allc3d_{part}", most=20_000_000_000)
    found = sorted(folder.glob("allc3d_*/**/*.c3d"))
    rows = [(path.relative_to(folder), path.stem.partition("_")[0]) for path in found]
    write_manifest(folder / "manifest.csv", ("path", "group"), rows)


DATASET = Dataset(
    name="cmu_mocap",
    title="CMU Graphics Lab Motion Capture Database: 144 subjects, C3D",
    licence="""licence: free for all uses; may not be sold, even converted, http://mocap.cs.cmu.edu/faqs.php
cite: the data was obtained from mocap.cs.cmu.edu, created with funding from NSF EIA-0196217""",
    home="http://mocap.cs.cmu.edu",
    files=tuple(File(f"allc3d_{part}.zip") for part in PARTS),
    tidy=tidy,
)

if __name__ == "__main__":
    run(DATASET)
