"""Free Spoken Digit Dataset: 3000 WAV files, ten digits by six speakers, 8 kHz.

    python data_scripts/fsdd.py DIR                          # 21 MB, into DIR/recordings/
    python data_scripts/fsdd.py DIR --only "*_theo_*"        # one speaker
    python data_scripts/fsdd.py DIR --mirror FOLDER          # from a copy: a folder or an address

The names are {digit}_{speaker}_{index}.wav; the official test set is index 0 to 4.

Source: https://github.com/Jakobovski/free-spoken-digit-dataset
"""

from pathlib import Path

from sigconv.loaders.fetch import Dataset, table
from sigconv.recipe.fetch import run

DATASET = Dataset(
    name="fsdd",
    title="Free Spoken Digit Dataset: ten spoken digits, six speakers, 8 kHz",
    licence="""licence: Creative Commons Attribution-ShareAlike 4.0 (CC BY-SA 4.0)
cite: Z. Jackson et al., Free Spoken Digit Dataset, https://github.com/Jakobovski/free-spoken-digit-dataset""",
    home="https://raw.githubusercontent.com/Jakobovski/free-spoken-digit-dataset/26eb9aaf76e81b692f806f9140c2d2777410d7a1",
    files=table(Path(__file__).with_suffix(".tsv").read_text(encoding="utf-8")),
    then="sigconv info {folder}/recordings/0_theo_0.wav",
)

if __name__ == "__main__":
    run(DATASET)
