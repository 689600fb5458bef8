"""Bandai-Namco-Research-Motiondataset-2: 140 BVH files, the first two of every content and style.

    python data_scripts/bandai_namco.py DIR                  # 29 MB, into DIR/
    python data_scripts/bandai_namco.py DIR --only "*_walk_*.bvh"
    python data_scripts/bandai_namco.py DIR --mirror FOLDER  # from a copy: a folder or an address

The names are dataset-2_{content}_{style}_{id}.bvh: ten contents in seven styles, 22 joints, 30 frames a second.

Source: Kobayashi et al. (2023), arXiv:2306.08861.
"""

from pathlib import Path

from sigconv.loaders.fetch import Dataset, table
from sigconv.recipe.fetch import run

DATASET = Dataset(
    name="bandai_namco",
    title="Bandai-Namco-Research-Motiondataset-2: ten actions in seven styles (a part: 140 of 2902 files)",
    licence="""licence: CC BY-NC 4.0, not for commercial use
cite: Kobayashi et al. (2023), arXiv:2306.08861""",
    home="https://raw.githubusercontent.com/BandaiNamcoResearchInc/Bandai-Namco-Research-Motiondataset/74ead3ba1ae4696404e6086233779f60de8bf9ef/dataset/Bandai-Namco-Research-Motiondataset-2/data",
    files=table(Path(__file__).with_suffix(".tsv").read_text(encoding="utf-8")),
    then="sigconv info {folder}/dataset-2_walk_active_001.bvh",
)

if __name__ == "__main__":
    run(DATASET)
