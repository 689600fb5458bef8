"""Real C3D files: six encodings agree, ezc3d agrees where it reads them, faulty ones are refused for what they are."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sigconv import loaders
from sigconv.errors import FormatError
from sigconv.loaders.mocap import c3d, markers

pytestmark = pytest.mark.data

SAMPLE01 = [f"btkdata/sample01/Eb015{kind}.c3d" for kind in ("pi", "pr", "si", "sr", "vi", "vr")]
SAMPLE02 = ["DEC_INT.C3D", "Dec_real.c3d", "pc_int.c3d", "pc_real.c3d", "sgi_int.c3d", "sgi_real.c3d"]
SAMPLE02 = [f"btkdata/sample02/{name}" for name in SAMPLE02]

# file -> markers, frames, rate
FILES = {
    **dict.fromkeys(SAMPLE01, (26, 450, 50.0)),
    **dict.fromkeys(SAMPLE02, (36, 89, 50.0)),
    "btkdata/others/Gait.c3d": (33, 487, 100.0),
    "btkdata/others/badParameterOffset.c3d": (41, 111, 250.0),
    "btkdata/others/mocap36.c3d": (36, 1380, 100.0),
    "btkdata/sample13/Dance.c3d": (40, 499, 65.0533447265625),
    "btkdata/sample13/golfswing.c3d": (29, 514, 107.5268783569336),
    "btkdata/sample18/bad_parameter_section.c3d": (45, 332, 120.0),
    "btkdata/sample20/phasespace_sample.c3d": (40, 701, 30.0),
    "btkdata/sample28/dynamic.C3D": (34, 296, 100.0),
    "btkdata/sample28/standing.C3D": (38, 200, 100.0),
    "ezc3d/FP_Type1.c3d": (22, 634, 100.0),
    "ezc3d/FP_Type3.c3d": (34, 2, 250.0),
    "ezc3d/read_NOTworking2.c3d": (23, 670, 25.0),
    "pyomeca/markers_analogs.c3d": (51, 580, 100.0),
}
REFUSED = {
    "btkdata/others/Empty.c3d": r"empty \(0 bytes\)",
    "ezc3d/C3DRotationExample.c3d": "0 points and 0 analog channels.*21 rotations of segments are not markers",
    "ezc3d/Optotrak.c3d": r"cut short: 28640 bytes, expected 996320 \(1149 frames of 864 bytes",
}
# ezc3d drops the analog numbers of sample28, whose files lack ANALOG:RATE, and so reads all frames but the first askew;
# it takes a file without parameters for one without points
ASKEW = {"btkdata/sample28/dynamic.C3D", "btkdata/sample28/standing.C3D", "btkdata/sample20/phasespace_sample.c3d"}
SLOW = "btkdata/sample18/bad_parameter_section.c3d"  # ezc3d takes half a minute to refuse it
EZC3D_REFUSES = {
    SLOW,
    *(name for name in (*SAMPLE01, *SAMPLE02) if "Eb015s" in name or "sgi" in name),
    *(name for name in FILES if "sample13" in name or "mocap36" in name),
    "btkdata/others/badParameterOffset.c3d",
}


@pytest.fixture(scope="module")
def peer(tmp_path_factory):
    """What ezc3d reads: path -> its arrays, read in one process of its own."""
    folder, read = tmp_path_factory.mktemp("ezc3d"), {}

    def ask(data: Path) -> dict:
        if not read:
            command = [sys.executable, str(Path(__file__).with_name("ezc3d_reads.py")), str(folder)]
            paths = [str(data / "mocap_formats" / name) for name in FILES if name != SLOW]
            done = subprocess.run([*command, *paths], capture_output=True, text=True, timeout=120)
            assert done.returncode == 0, done.stderr
            for number, name in enumerate(name for name in FILES if name != SLOW):
                made = folder / f"{number}.npz"
                read[name] = dict(np.load(made)) if made.exists() else None
        return read

    return ask


def test_every_file_of_the_set_is_listed(real_data):
    folder = real_data / "mocap_formats"
    every = {str(p.relative_to(folder)) for p in folder.rglob("*") if p.suffix.lower() == ".c3d"}
    assert every == {*FILES, *REFUSED}
    assert len(every) == 28


@pytest.mark.parametrize("name", FILES)
def test_every_sound_file_reads_as_a_plausible_body(name, real_data):
    recording = loaders.open(real_data / "mocap_formats" / name)
    count, frames, rate = FILES[name]
    assert (len(recording.notes["markers"]), recording.shape[1], recording.fs) == (count, frames, pytest.approx(rate))
    places = markers.positions(recording.read())
    seen = np.isfinite(places).all(1)
    assert seen.any(1).sum() >= 0.5 * count  # most markers are seen at some time
    assert np.nanmax(np.abs(places)) < 3  # in a room of some metres
    assert np.nanmax(np.linalg.norm(np.diff(places, axis=2), axis=1)) * rate < 30  # a golf club is the fastest
    fullest = places[..., seen.sum(0).argmax()]
    assert 0.3 < (np.nanmax(fullest, 0) - np.nanmin(fullest, 0)).max() < 3  # a body's size


@pytest.mark.parametrize("name", REFUSED)
def test_faulty_files_are_refused_for_what_they_are(name, real_data):
    with pytest.raises(FormatError, match=REFUSED[name]):
        loaders.open(real_data / "mocap_formats" / name)


@pytest.mark.parametrize(("names", "apart"), [(SAMPLE01, 0.000102), (SAMPLE02, 0.2812)])
def test_one_trial_in_six_encodings_is_one_trial(names, apart, real_data):
    """`apart`: millimetres between whole numbers and reals, which were rounded from other numbers."""
    recordings = [loaders.open(real_data / "mocap_formats" / name) for name in names]
    kinds = {}
    for recording in recordings:
        kind = recording.notes["facts"]["format"].split(", ")[2]
        data, analog = recording.read().data, recording.notes["analog"].read().data
        first, first_analog = kinds.setdefault(kind, (data, analog))
        if (names, kind) != (SAMPLE02, "integer"):  # the Intel and MIPS ones of sample02 have another scale than DEC's
            np.testing.assert_array_equal(data, first)
        np.testing.assert_array_equal(analog, first_analog)
        assert recording.channels == recordings[0].channels
        np.testing.assert_allclose(
            data, kinds["integer" if "integer" in kinds else "real"][0], rtol=0, atol=apart / 1000
        )
    np.testing.assert_allclose(kinds["real"][0], kinds["integer"][0], rtol=0, atol=apart / 1000)
    np.testing.assert_allclose(kinds["real"][1], kinds["integer"][1])
    assert [e.label for e in recordings[1].events][:2] == {0.000102: ["RIC", "RHS"], 0.2812: ["RHS", "STRT"]}[apart]


@pytest.mark.parametrize("name", [name for name in FILES if name not in ASKEW | EZC3D_REFUSES])
def test_ezc3d_agrees(name, real_data, peer):
    theirs = peer(real_data)[name]
    path = real_data / "mocap_formats" / name
    recording = loaders.open(path)
    metres = 1.0 if str(theirs["units"][0]).startswith("m") and len(theirs["units"][0].strip()) == 1 else 1e-3
    places = markers.positions(recording.read())
    np.testing.assert_allclose(places, theirs["points"].swapaxes(0, 1) * metres, rtol=1e-6, atol=1e-9, equal_nan=True)
    np.testing.assert_array_equal(np.isnan(places[:, 0]), theirs["residuals"] < 0)
    assert recording.fs == pytest.approx(float(theirs["rate"]))
    assert max(recording.notes["first_frame"], 1) == theirs["first"]
    if theirs["analogs"].size:
        analog = recording.notes["analog"]
        np.testing.assert_allclose(analog.read().data, theirs["analogs"], rtol=1e-6, atol=1e-9)
        assert analog.fs == pytest.approx(float(theirs["analog_rate"]))
    else:
        assert "analog" not in recording.notes


@pytest.mark.parametrize("name", [name for name in FILES if name not in ASKEW | EZC3D_REFUSES])
def test_ezc3d_names_the_same_markers(name, real_data, peer):
    recording = loaders.open(real_data / "mocap_formats" / name)
    for names, told in (
        (recording.notes["markers"], peer(real_data)[name]["labels"]),
        (getattr(recording.notes.get("analog"), "channels", ()), peer(real_data)[name]["analog_labels"]),
    ):
        spelt = [label.strip() for label in told[: len(names)]]
        assert [name.rsplit("-", 1)[0] if name not in spelt else name for name in names] == spelt


@pytest.mark.parametrize(
    "name", ["btkdata/sample01/Eb015pi.c3d", "btkdata/sample02/pc_real.c3d", "btkdata/others/Gait.c3d"]
)
def test_a_place_is_seen_by_two_cameras_or_filled_in(name, real_data, peer):
    """c3d.org: the cameras are the fourth number's high byte; ezc3d 1.7 has both bytes exchanged."""
    path = real_data / "mocap_formats" / name
    cameras, residuals = c3d.cameras(path).read().data, c3d.residuals(path).read().data
    seen = np.isfinite(residuals)
    counts = np.unpackbits(cameras[seen][:, None], axis=1).sum(1)
    assert 1 not in counts
    assert np.mean(counts >= 2) > 0.98
    assert 0.0003 < np.median(residuals[seen]) < 0.004  # of real laboratories, metres
    theirs = peer(real_data)[name]
    scale = np.median(theirs["residuals"][seen] / np.maximum(cameras[seen], 1)) / 1000
    np.testing.assert_allclose(theirs["residuals"][seen] / 1000, cameras[seen] * scale, rtol=1e-5)


@pytest.mark.parametrize("name", sorted(ASKEW))
def test_where_ezc3d_reads_askew_the_length_of_the_file_proves_us_right(name, real_data, peer):
    theirs = peer(real_data)[name]
    path = real_data / "mocap_formats" / name
    recording = loaders.open(path)
    assert theirs["analogs"].size == 0
    numbers = 4 * len(recording.notes["markers"])
    numbers += recording.notes["analog"].shape[0] if "analog" in recording.notes else 0
    assert (path.stat().st_size - numbers * 4 * recording.shape[1]) % 512 == 0  # whole blocks of header remain
    if theirs["points"].size:
        ours = markers.positions(recording.read())[..., :150]
        jumps = [np.nanmax(np.abs(np.diff(each, axis=-1))) for each in (ours, theirs["points"][..., :150] / 1000)]
        assert jumps[0] < 0.12 < 0.5 < jumps[1]


@pytest.mark.parametrize("name", sorted(EZC3D_REFUSES - {SLOW}))
def test_what_ezc3d_refuses_is_read(name, real_data, peer):
    assert peer(real_data)[name] is None
    assert np.isfinite(loaders.load(real_data / "mocap_formats" / name).data).any()


def test_what_is_odd_in_a_file_is_said(real_data):
    folder = real_data / "mocap_formats" / "btkdata"
    said = {name: " ".join(loaders.open(folder / name).notes["warnings"]) for name in (
        "others/badParameterOffset.c3d", "sample13/Dance.c3d", "sample18/bad_parameter_section.c3d",
        "sample20/phasespace_sample.c3d",
    )}  # fmt: skip
    assert "'ANALOG:UNITS' does not fit" in said["others/badParameterOffset.c3d"]
    assert "also tells of 500 (POINT:FRAMES)" in said["sample13/Dance.c3d"]
    assert "'EVENT:LABELS' does not fit" in said["sample18/bad_parameter_section.c3d"]
    assert "millimetres are assumed" in said["sample20/phasespace_sample.c3d"]


def test_opening_reads_no_samples(real_data, monkeypatch):
    monkeypatch.setattr("sigconv.loaders.mocap.c3d_read.records", None)
    recording = loaders.open(real_data / "mocap_formats" / "pyomeca" / "markers_analogs.c3d")
    assert recording.notes["analog"].shape == (38, 11600)
    with pytest.raises(TypeError):
        recording.read()
