"""Published weights from the internet: a table of addresses, each with the start of its file's SHA-256.

Nothing is downloaded unless `fetch_weights` is called, and nothing in a file is executed when it is read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from sigconv.errors import ArgumentError, FormatError, MissingExtra, nearest
from sigconv.nets.checksum import refuse_other_sum

SERVER = "https://download.pytorch.org/models/"
SILENCE = 30.0  # seconds without a byte after which a download is given up
_IMAGES = "published by the torchvision project (BSD-3-Clause); learnt from ImageNet-1k, research use of its images"
_VIDEOS = "published by the torchvision project (BSD-3-Clause); learnt from Kinetics-400"


@dataclass(frozen=True)
class Pretrained:
    """A file of weights: where it lies, how it is known again, and what a user should be told of it.

    url : http(s) address;  sha256 : the SHA-256 of the file in hexadecimal, or its first 8 digits or more
    notes : who publishes it under which licence, and what it was learnt from

    >>> WEIGHTS["vgg16"].file
    'vgg16-397923af.pth'
    """

    url: str
    sha256: str
    notes: str

    @property
    def file(self) -> str:
        """The file's name."""
        return self.url.rsplit("/", 1)[-1]


def _listed(notes: str, **files: str) -> dict[str, Pretrained]:
    """The files of torchvision, whose names end in the first 8 digits of their SHA-256."""
    return {name: Pretrained(f"{SERVER}{file}.pth", file[-8:], notes) for name, file in files.items()}


WEIGHTS: Mapping[str, Pretrained] = MappingProxyType(
    {
        **_listed(
            _IMAGES,
            alexnet="alexnet-owt-7be5be79",
            vgg11="vgg11-8a719046",
            vgg13="vgg13-19584684",
            vgg16="vgg16-397923af",
            vgg19="vgg19-dcbb9e9d",
            resnet18="resnet18-f37072fd",
            resnet34="resnet34-b627a593",
            resnet50="resnet50-0676ba61",
            resnet101="resnet101-63fe2227",
            resnet152="resnet152-394f9c45",
        ),
        **_listed(
            _VIDEOS,
            r3d_18="r3d_18-b3b3357e",
            mc3_18="mc3_18-a90a0ba3",
            r2plus1d_18="r2plus1d_18-91a641e6",
        ),
    }
)


def fetch_weights(which: str | Pretrained, folder: Path | None = None) -> Path:
    """The file of published weights, from the folder if it lies there whole, else from the internet.

    Parameters
    ----------
    which : a name of WEIGHTS, which are torchvision's (its alexnet is the single tower), or a Pretrained of your own;
        say its `notes` to whoever uses the weights
    folder : where the file is kept; None: the user's cache folder. A file with another checksum is
        replaced; a download that breaks off leaves nothing, and the next call starts it anew

    Returns
    -------
    Path, for `load_weights`

    Raises
    ------
    ArgumentError : no such name
    FormatError : what came has another checksum; it is removed
    ConnectionError : the server cannot be reached, says no, or falls silent
    OSError : the folder cannot be written;  MissingExtra : pooch is not installed

    >>> fetch_weights("alexnet2012")
    Traceback (most recent call last):
    sigconv.errors.ArgumentError: which is 'alexnet2012' (did you mean 'alexnet'?); allowed: alexnet, vgg11, ...
    """
    try:
        import pooch
        import requests
    except ImportError as error:
        raise MissingExtra("pooch", "fetch") from error
    wanted = which if isinstance(which, Pretrained) else _named(which)
    path = (folder or Path(pooch.os_cache("sigconv")) / "weights") / wanted.file
    if path.is_file():
        try:
            refuse_other_sum(path, wanted.sha256)
        except FormatError:
            path.unlink()
        else:
            return path
    pooch.get_logger().setLevel("WARNING")  # it would print the SHA-256 of a file whose sum it is not told whole
    downloader = pooch.HTTPDownloader(timeout=SILENCE)
    try:
        pooch.retrieve(wanted.url, None, path.name, path.parent, downloader=downloader)
    except requests.RequestException as error:
        raise ConnectionError(f"{wanted.url}: {_reason(error)}; nothing was kept, try again later") from error
    try:
        refuse_other_sum(path, wanted.sha256)
    except FormatError as error:
        path.unlink()
        raise FormatError(f"{wanted.url}: {error}; it was removed") from error
    path.chmod(0o644)  # pooch's temporary files are readable by their owner alone
    return path


def _named(name: str) -> Pretrained:
    if name not in WEIGHTS:
        raise ArgumentError(f"which is {name!r}{nearest(str(name), WEIGHTS)}; allowed: {', '.join(WEIGHTS)}")
    return WEIGHTS[name]


def _reason(error: Exception) -> str:
    """What went wrong, without the inner addresses of the libraries."""
    answer = getattr(error, "response", None)
    if answer is not None:
        return f"the server answered {answer.status_code} {answer.reason}"
    return f"the connection failed ({type(error).__name__})"
