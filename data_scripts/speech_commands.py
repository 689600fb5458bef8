"""Speech Commands 0.02: 105 829 spoken words of 1 s, 35 words, 16 kHz.

    python data_scripts/speech_commands.py DIR               # 2.4 GB; DIR/manifest.csv: path, label, group, part
    python data_scripts/speech_commands.py DIR --mirror FOLDER

The group is the speaker, part the official train, validation or test.

Source: Warden (2018), arXiv:1804.03209; size and SHA-256 as in TensorFlow Datasets.
"""

from pathlib import Path

from sigconv.loaders.fetch import Dataset, File
from sigconv.loaders.tidy import unpacked, write_manifest
from sigconv.recipe.fetch import run

ARCHIVE = "speech_commands_v0.02.tar.gz"


def tidy(folder: Path) -> None:
    """Unpack the archive and list its words with speaker and official part."""
    unpacked(folder / ARCHIVE, folder / "words", most=8_000_000_000)
    words = folder / "words"
    parts = {}
    for part in ("validation", "testing"):
        for line in (words / f"{part}_list.txt").read_text(encoding="utf-8").split():
            parts[line] = "test" if part == "testing" else part
    rows = []
    for path in sorted(words.glob("*/*.wav")):
        inside = path.relative_to(words)
        if inside.parts[0].startswith("_"):  # background noise: minutes long, no word
            continue
        speaker = path.stem.partition("_nohash_")[0]
        rows.append((path.relative_to(folder), inside.parts[0], speaker, parts.get(inside.as_posix(), "train")))
    write_manifest(folder / "manifest.csv", ("path", "label", "group", "part"), rows)


DATASET = Dataset(
    name="speech_commands",
    title="Speech Commands 0.02: 35 spoken words, 1 s, 16 kHz",
    licence="""licence: CC BY 4.0
cite: Warden (2018), Speech Commands, arXiv:1804.03209""",
    home="http://download.tensorflow.org/data",
    files=(File(ARCHIVE, "sha256:af14739ee7dc311471de98f5f9d2c9191b18aedfe957f4a6ff791c709868ff58", 2_428_923_189),),
    tidy=tidy,
)

if __name__ == "__main__":
    run(DATASET)
