"""KTH actions: six actions by 25 people in four scenes, grey video 160 x 120, 25 frames a second.

    python data_scripts/kth.py DIR                           # 1.1 GB; DIR/manifest.csv: path, label, group, scene
    python data_scripts/kth.py DIR --only "boxing*"          # one action
    python data_scripts/kth.py DIR --mirror FOLDER           # from a copy: a folder or an address

No checksum is published: what protects against damage is each archive member's own CRC-32.

Source: Schuldt, Laptev & Caputo (2004), doi:10.1109/ICPR.2004.1334462.
"""

from pathlib import Path

from sigconv.loaders.fetch import Dataset, File
from sigconv.loaders.tidy import unpacked, write_manifest
from sigconv.recipe.fetch import run

ACTIONS = ("boxing", "handclapping", "handwaving", "jogging", "running", "walking")


def tidy(folder: Path) -> None:
    """Unpack every action that was fetched, and list its clips with person and scene: person01_boxing_d1_uncomp.avi."""
    for action in ACTIONS:
        unpacked(folder / f"{action}.zip", folder / action, most=2_000_000_000)
    rows = []
    for path in sorted(folder.glob("*/person*_*_d*_uncomp.avi")):
        person, action, scene, _ = path.stem.split("_")
        rows.append((path.relative_to(folder), action, person, scene))
    write_manifest(folder / "manifest.csv", ("path", "label", "group", "scene"), rows)


DATASET = Dataset(
    name="kth",
    title="KTH: six actions, 25 people, grey video 160 x 120",
    licence="""licence: none stated by its authors; free for research, https://www.csc.kth.se/cvap/actions/
cite: Schuldt, Laptev & Caputo (2004), Recognizing human actions, doi:10.1109/ICPR.2004.1334462""",
    home="https://www.csc.kth.se/cvap/actions",
    files=(*(File(f"{action}.zip") for action in ACTIONS), File("00sequences.txt")),
    tidy=tidy,
)

if __name__ == "__main__":
    run(DATASET)
