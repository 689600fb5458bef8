"""BCI Competition IV, data set 2a: four imagined movements, nine subjects, two sessions each, 22 EEG channels, 250 Hz.

    python data_scripts/bci_iv_2a.py DIR                     # 420 MB; DIR/manifest.csv: path, subject, session
    python data_scripts/bci_iv_2a.py DIR --mirror FOLDER     # from a copy: a folder or an address

Events 769 to 772 are left hand, right hand, feet, tongue in the training sessions (T); the evaluation sessions (E) hide
them behind 783, and their labels lie in a MATLAB file each (labels/A01E.mat …).

Source: Brunner et al. (2008), BCI Competition 2008, Graz data set A; Tangermann et al. (2012),
doi:10.3389/fnins.2012.00055; SHA-256 of the recordings as in the registry of a public loader, none known of the labels.
"""

from pathlib import Path

from sigconv.loaders.fetch import Dataset, File
from sigconv.loaders.tidy import unpacked, write_manifest
from sigconv.recipe.fetch import run


def tidy(folder: Path) -> None:
    """Unpack recordings and labels, and list the recordings."""
    unpacked(folder / "BCICIV_2a_gdf.zip", folder / "recordings", most=2_000_000_000)
    unpacked(folder / "true_labels.zip", folder / "labels", most=10_000_000)
    rows = [
        (path.relative_to(folder), path.stem[:3], "training" if path.stem[3] == "T" else "evaluation")
        for path in sorted(folder.glob("recordings/**/A0*.gdf"))
    ]
    write_manifest(folder / "manifest.csv", ("path", "subject", "session"), rows)


DATASET = Dataset(
    name="bci_iv_2a",
    title="BCI Competition IV 2a: four imagined movements, nine subjects, GDF",
    licence="""licence: free for research with citation, https://www.bbci.de/competition/iv/
cite: Tangermann et al. (2012), doi:10.3389/fnins.2012.00055""",
    home="https://www.bbci.de/competition",
    files=(
        File(
            "BCICIV_2a_gdf.zip",
            "sha256:65fe93cb766e4b00ece69a200312d81f54bba17c642406bd922d913a8aedc024",
            url="download/competition_iv/BCICIV_2a_gdf.zip",
        ),
        File("true_labels.zip", url="iv/results/ds2a/true_labels.zip"),
    ),
    tidy=tidy,
)

if __name__ == "__main__":
    run(DATASET)
