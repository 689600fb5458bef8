from sigconv.loaders.eeg_parts import Parts
from pathlib import Path
def parts(path: Path) -> Parts:
    raise NotImplementedError
