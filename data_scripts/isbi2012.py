"""ISBI-2012 challenge: membranes in electron microscopy, 30 labelled sections and 30 without labels.

    python data_scripts/isbi2012.py DIR                      # 13 MB: DIR/train/image, DIR/train/label, DIR/test
    python data_scripts/isbi2012.py DIR --mirror FOLDER      # from a copy: a folder or an address

The sections of a set follow one another in one piece of tissue: hold out blocks, not single sections.

Source: Arganda-Carreras et al. (2015), doi:10.3389/fnana.2015.00142.
"""

from pathlib import Path

from sigconv.loaders.fetch import Dataset, table
from sigconv.recipe.fetch import run

DATASET = Dataset(
    name="isbi2012",
    title="ISBI-2012: neuronal membranes in serial section electron microscopy, 512 x 512",
    licence="""licence: free for research with citation, https://imagej.net/events/isbi-2012-segmentation-challenge
cite: Arganda-Carreras et al. (2015), doi:10.3389/fnana.2015.00142""",
    home="https://raw.githubusercontent.com/zhixuhao/unet/b45af4d458437d8281cc218a07fd4380818ece4a/data/membrane",
    files=table(Path(__file__).with_suffix(".tsv").read_text(encoding="utf-8")),
    then="sigconv info {folder}/train/image/0.png",
)

if __name__ == "__main__":
    run(DATASET)
