"""USPS handwritten zip-code digits, the set of LeCun et al. (1989): 7291 to learn from, 2007 to test, 16 x 16.

    python data_scripts/usps.py DIR                          # 3 MB: usps.h5
    python data_scripts/usps.py DIR --mirror FOLDER          # from a copy: a folder or an address

The file holds 0 to 1; LeCun's numbers are 2 x - 1.

Source: LeCun et al. (1989), doi:10.1162/neco.1989.1.4.541; Hastie et al., The Elements of Statistical Learning.
"""

from sigconv.loaders.fetch import Dataset, table
from sigconv.recipe.fetch import run

# name below the home, SHA-256, bytes, address where it is another
TABLE = """
usps.h5	734f88c541104a956d88be2c95d03b4a463ffd74ccc2ba9c80841fb98e3fcb36	2913522
zip.info	927ca750c4117b61a71def180d5e4f00f1323a4b2c9cd990f576aa8def3505f1	1174	https://raw.githubusercontent.com/armelsanou/CART-classification-tree/993ae7382280629aa8efa08d9ceed05b68c47996/zip.info
"""

DATASET = Dataset(
    name="usps",
    title="USPS handwritten digits, 16 x 16, LeCun et al. (1989)",
    licence="""licence: none stated; "kindly made available by the neural network group at AT&T research labs"
cite: LeCun et al. (1989), doi:10.1162/neco.1989.1.4.541""",
    home="https://raw.githubusercontent.com/niuers/Learning-From-Data-A-Short-Course/879a698b960e5867f7c2b11f8938fa89c3d21839/data",
    files=table(TABLE),
    then="python -m tests.bench.digits --data {folder}",
)

if __name__ == "__main__":
    run(DATASET)
