"""EEG Motor Movement/Imagery Database (PhysioNet EEGMMIDB 1.0.0): fetch the runs of one subject.

    python data_scripts/eegmmidb.py DIR                      # S001, runs 3 to 14, 31 MB, into DIR/S001/
    python data_scripts/eegmmidb.py DIR --runs 6 10 14       # imagined fists against imagined feet
    python data_scripts/eegmmidb.py DIR --mirror FOLDER      # from a copy of the data set: a folder or an address

Every file is checked against its SHA-256 before it gets its name; a second call fetches only what is missing.
Needs pooch and tqdm: pip install 'sigconv[eeg]'.

Source: Schalk et al. (2004), doi:10.1109/TBME.2004.827072; data doi:10.13026/C28G6P.
"""

import argparse
import logging
import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pooch
import requests
from tqdm import tqdm

HOME = "https://physionet.org/files/eegmmidb/1.0.0"
LICENCE = """\
EEG Motor Movement/Imagery Dataset 1.0.0, doi:10.13026/C28G6P
licence: Open Data Commons Attribution (ODC-By) 1.0, https://physionet.org/content/eegmmidb/view-license/1.0.0/
cite: Schalk et al. (2004), doi:10.1109/TBME.2004.827072; Goldberger et al. (2000), doi:10.1161/01.CIR.101.23.e215"""
SUBJECT = 1
RUNS = range(3, 15)
SILENCE = 30  # seconds without a byte after which a server counts as gone

# name below HOME, bytes, SHA-256
TABLE = """
S001/S001R03.edf 2596896 3427c8d01bff1380bc9ab9f27a35ece2af5dfadf3e291bbc05eb66e4dadbfe2e
S001/S001R03.edf.event 638 ba934fef5794a278b361c657b30c7a254a5c2d10754a37f484373d779d37bf66
S001/S001R04.edf 2596896 3d161f88e1c00632585287d2ce584c2bc0f08862438eb255ea8723e00fac693d
S001/S001R04.edf.event 638 c81d77b099878d1d392e93aa7a18a46b936b690bad605aa84a652b2bd9cbff1d
S001/S001R05.edf 2596896 8828f4b97931100af136cebf27838248b82f69cf359f7e6c3146a1970a8fb8d9
S001/S001R05.edf.event 638 53f4af70d71eafab6e0d5fabc2c8e8b73a48b4f21df8be00e2543cc640c12549
S001/S001R06.edf 2596896 5369364f2c4e81ca141679d6dd2ba6ece61c7eb53d7fae31241b308876e1b6b3
S001/S001R06.edf.event 638 ea56fcb5af6dc22a09e6c52c6c50be06f5bf4722cba178188f67732c6ecd0395
S001/S001R07.edf 2596896 6320a941815eb7a0bc632e32c07c88b6e2281a0e2f177e8f49e2d0a16231145c
S001/S001R07.edf.event 638 92b3e8a6b67a6846154b1244f9044558257134f17b25840c7f71206ad195584e
S001/S001R08.edf 2596896 358fb5189220725141968ae285fbe9e3f36210b834ffba71d940af308e3aca68
S001/S001R08.edf.event 638 ccd5cf82de626903ece23e339121ff7919b3c3788cf647b575cf08dbb0198ebd
S001/S001R09.edf 2596896 1b642457807be572c31e8bb56a936cbdb554507d66e25e242c9bd1b0c557c53c
S001/S001R09.edf.event 638 e438579df1a078f089a8a64cd82e2e11cb94abbd724605c4705658e9cc2458fd
S001/S001R10.edf 2596896 20de1c7746c2349d16bda5e9f1b0ac7b7ad1581102a2e30dd2ac422696f62fb1
S001/S001R10.edf.event 638 8162d74d19617d3dc613cc4d3505a1e143edecd3fb9c7901e255495cf94de0d1
S001/S001R11.edf 2596896 d5296b9232b0ad88b7022155cbcde618df44d4b0db046ce3bec54f8f8644207a
S001/S001R11.edf.event 638 8162d74d19617d3dc613cc4d3505a1e143edecd3fb9c7901e255495cf94de0d1
S001/S001R12.edf 2596896 2b281c9b687b4c4176e83251d74743721f2d6ebd76656a972a3b9c44d9d88cd5
S001/S001R12.edf.event 638 482ba145b4cf10d7d6dc91bf708cc14230ec2a86592562a3f6c187be5c9f3e9b
S001/S001R13.edf 2596896 dde646236a13d846ca68ee71440f1fd38d818bc50a2f4804a29bcf0f773ad167
S001/S001R13.edf.event 638 1513629f6e8e700394421b828869afdbd4e2ccdf8bdbed2127f75a42b2db3ff4
S001/S001R14.edf 2596896 2110c48e3106898e3dbca47e39b330637afd3d3b8bc2da3ba1e44f4ac1118137
S001/S001R14.edf.event 638 7e61f9359aba654d84b2ebabe218ba21c6b3f8c33a13e5b6c9c71df1e91cd112
"""


class Known(NamedTuple):
    """A file of the data set.  name : below HOME;  size : bytes;  sha256 : hex."""

    name: str
    size: int
    sha256: str


class FetchError(Exception):
    """Why a file could not be fetched, in one line."""


def known_files(table: str, runs: list[int]) -> list[Known]:
    """The rows of `table` that belong to `runs`."""
    rows = [line.split() for line in table.strip().splitlines()]
    chosen = {f"R{run:02}." for run in runs}
    return [Known(name, int(size), sha256) for name, size, sha256 in rows if any(run in name for run in chosen)]


def is_right(path: Path, file: Known) -> bool:
    """Whether `path` holds exactly the bytes of `file`."""
    if not path.is_file() or path.stat().st_size != file.size:
        return False
    return bool(pooch.file_hash(str(path)) == file.sha256)


def fetch(file: Known, folder: Path, mirror: str, label: str) -> None:
    """Put one file below `folder`, whole or not at all.

    Raises
    ------
    FetchError : the address does not give this file
    OSError : `folder` cannot be written
    """
    path = folder / file.name
    source = f"{mirror.rstrip('/')}/{file.name}"
    with tqdm(total=file.size, desc=label, unit="B", unit_scale=True, ncols=79, leave=False) as bar:
        downloader = pooch.HTTPDownloader(progressbar=bar, timeout=SILENCE) if "://" in mirror else _copy
        try:
            pooch.retrieve(source, f"sha256:{file.sha256}", path.name, path.parent, downloader=downloader)
        except requests.RequestException as error:
            raise FetchError(_reason(error, source)) from error
        except ValueError as error:
            raise FetchError(
                f"{source} is not the file it should be: its SHA-256 is not {file.sha256[:16]}…; "
                "nothing was kept. Try again, or another --mirror"
            ) from error
    path.chmod(0o644)  # pooch's temporary files are readable by their owner alone
    tqdm.write(f"{label}  {file.size} bytes, SHA-256 right")


def _copy(source: str, target: Any, _: Any) -> None:
    shutil.copyfile(source, target)


def _reason(error: requests.RequestException, source: str) -> str:
    match error:
        case requests.HTTPError(response=answer) if answer is not None:
            return f"{source}: the server answers {answer.status_code} {answer.reason}"
        case requests.ConnectionError() if "Read timed out" in str(error):
            return f"{source}: nothing came for {SILENCE} s; run the same command again to go on"
        case requests.Timeout():
            return f"{source}: no answer for {SILENCE} s; run the same command again to go on"
        case requests.exceptions.ChunkedEncodingError():
            return f"{source}: the connection was cut; run the same command again to go on"
        case requests.ConnectionError():
            return f"{source}: cannot connect; is there a network, and is the address right?"
        case _:
            return f"{source}: {error}"


def fetch_all(files: list[Known], folder: Path, mirror: str) -> int:
    """Fetch what is missing or wrong below `folder`; returns how many files that was."""
    missing = [file for file in files if not is_right(folder / file.name, file)]
    if not missing:
        return 0
    target = (folder / missing[0].name).parent
    target.mkdir(parents=True, exist_ok=True)
    if not os.access(target, os.W_OK):
        raise FetchError(f"{target}: Permission denied")
    needed, free = sum(file.size for file in missing), shutil.disk_usage(folder).free
    if needed > free:
        raise FetchError(f"{folder} has {free / 1e6:.1f} MB free; {needed / 1e6:.1f} MB are needed")
    for number, file in enumerate(missing, 1):
        fetch(file, folder, mirror, f"{number}/{len(missing)} {Path(file.name).name}")
    return len(missing)


def checked(options: argparse.Namespace) -> None:
    """Refuse what cannot be checked by a known SHA-256."""
    if options.subject != SUBJECT:
        raise FetchError(
            f"subject {options.subject}: only the files of subject {SUBJECT} have a known SHA-256 here, and nothing "
            f"unchecked is written; the others are at {HOME}/"
        )
    unknown = sorted(set(options.runs) - set(RUNS))
    if unknown:
        raise FetchError(f"run {unknown[0]}: runs {RUNS[0]} to {RUNS[-1]} have a known SHA-256 here")
    if "://" in options.mirror and not options.mirror.startswith(("https://", "http://")):
        raise FetchError(f"--mirror is {options.mirror!r}; it is an http(s) address or a folder")


def parsed(arguments: list[str] | None) -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(prog="eegmmidb.py", description="Fetch one subject's runs of PhysioNet EEGMMIDB.")
    parser.add_argument("folder", metavar="DIR", type=Path, help="the files go into DIR/S001/")
    parser.add_argument("--subject", type=int, default=SUBJECT, help="default: %(default)s, the only one so far")
    parser.add_argument("--runs", type=int, nargs="+", default=list(RUNS), help="default: 3 to 14")
    parser.add_argument("--mirror", default=HOME, help="what to read instead of %(default)s: an address or a folder")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None, table: str = TABLE) -> int:
    """Fetch and say what to do next; returns the exit code: 0, 2 for an error, 130 for Ctrl-C."""
    options = parsed(arguments)
    pooch.get_logger().setLevel(logging.WARNING)
    try:
        checked(options)
        tqdm.write(LICENCE)
        files = known_files(table, options.runs)
        fetched = fetch_all(files, options.folder, options.mirror)
    except FetchError as error:
        tqdm.write(f"eegmmidb.py: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        where = error.filename or options.folder
        tqdm.write(f"eegmmidb.py: {where}: {error.strerror or error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        tqdm.write("eegmmidb.py: stopped; run the same command again to go on", file=sys.stderr)
        return 130
    tqdm.write(f"{fetched} files fetched, {len(files) - fetched} were there already")
    tqdm.write(f"next: sigconv run eeg_motor_imagery data.path={shlex.quote(str(options.folder))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
