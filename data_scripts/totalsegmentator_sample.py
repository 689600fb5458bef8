"""TotalSegmentator's own test volumes: CT and MR with the masks that its model gives.

    python data_scripts/totalsegmentator_sample.py DIR                  # 10 MB
    python data_scripts/totalsegmentator_sample.py DIR --mirror FOLDER  # from a copy: a folder or an address

The labels are a model's, not a person's.

Source: Wasserthal et al. (2023), doi:10.1148/ryai.230024.
"""

from pathlib import Path

from sigconv.loaders.fetch import Dataset, table
from sigconv.recipe.fetch import run

DATASET = Dataset(
    name="totalsegmentator_sample",
    title="TotalSegmentator: example CT and MR volumes with the masks of its model",
    licence="""licence: Apache-2.0, https://github.com/wasserth/TotalSegmentator
cite: Wasserthal et al. (2023), doi:10.1148/ryai.230024""",
    home="https://raw.githubusercontent.com/wasserth/TotalSegmentator/0e65a448d557382b1e925276212b3bec7f5aff83",
    files=table(Path(__file__).with_suffix(".tsv").read_text(encoding="utf-8")),
    then="sigconv info {folder}/example_ct.nii.gz --draw ct.png",
)

if __name__ == "__main__":
    run(DATASET)
