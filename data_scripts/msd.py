"""Medical Segmentation Decathlon: ten segmentation tasks on CT and MR volumes, nnU-Net's folders.

    python data_scripts/msd.py DIR --only "Task04*"          # hippocampus, 27 MB; DIR/Task04_Hippocampus/
    python data_scripts/msd.py DIR                           # all ten: 110 GB and as much again to unpack
    python data_scripts/msd.py DIR --only "Task04*" --mirror FOLDER

Source: Antonelli et al. (2022), doi:10.1038/s41467-022-30695-9; MD5 as in MONAI.
"""

from pathlib import Path

from sigconv.loaders.fetch import Dataset, File
from sigconv.loaders.tidy import unpacked
from sigconv.recipe.fetch import run

TASKS = {
    "Task01_BrainTumour": "240a19d752f0d9e9101544901065d872",
    "Task02_Heart": "06ee59366e1e5124267b774dbd654057",
    "Task03_Liver": "a90ec6c4aa7f6a3d087205e23d4e6397",
    "Task04_Hippocampus": "9d24dba78a72977dbd1d2e110310f31b",
    "Task05_Prostate": "35138f08b1efaef89d7424d2bcc928db",
    "Task06_Lung": "8afd997733c7fc0432f71255ba4e52dc",
    "Task07_Pancreas": "4f7080cfca169fa8066d17ce6eb061e4",
    "Task08_HepaticVessel": "641d79e80ec66453921d997fbf12a29c",
    "Task09_Spleen": "410d4a301da4e5b2f6f86ec3ddba524e",
    "Task10_Colon": "bad7a188931dc2f6acf72b08eb6202d0",
}


def tidy(folder: Path) -> None:
    """Unpack every task that was fetched, as DIR/TASK/TASK/imagesTr, labelsTr, dataset.json."""
    for task in TASKS:
        unpacked(folder / f"{task}.tar", folder / task, most=60_000_000_000)


DATASET = Dataset(
    name="msd",
    title="Medical Segmentation Decathlon: ten tasks on CT and MR volumes",
    licence="""licence: CC BY-SA 4.0, http://medicaldecathlon.com
cite: Antonelli et al. (2022), doi:10.1038/s41467-022-30695-9""",
    home="https://msd-for-monai.s3-us-west-2.amazonaws.com",
    files=tuple(File(f"{task}.tar", f"md5:{digits}") for task, digits in TASKS.items()),
    tidy=tidy,
)

if __name__ == "__main__":
    run(DATASET)
