"""TRC and Vicon's CSV: text of marker positions, by hand and real."""

import numpy as np
import pytest

from sigconv import loaders
from sigconv.errors import FormatError, ResourceError
from sigconv.loaders import limits
from sigconv.loaders.mocap.markers import positions

TRC = """PathFileType\t4\t(X/Y/Z)\ta.trc
DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames
100.00\t100.00\t3\t2\tmm\t100.00\t1\t3
Frame#\tTime\tA\t\t\tB\t\t
\t\tX1\tY1\tZ1\tX2\tY2\tZ2

1\t0.000\t1\t2\t3\t-4.5\t5\t6
2\t0.010\t\t\t\t4\t5e2\t6
3\t0.020\t1\t2\t3\tNaN\tNaN\tNaN
"""
CSV = """Trajectories,,,,,,,
100,,,,,,,
,,Ana:A,,,Ana:B,,
Frame,Sub Frame,X,Y,Z,X,Y,Z
,,mm,mm,mm,mm,mm,mm
7,0,1,2,3,4,5,6
8,0,,,,4,5,7
"""
FILES = {  # markers, frames, rate, missing
    "btkdata/TRCSamples/Gait.trc": (33, 487, 100.0, 7306),
    "btkdata/TRCSamples/Knee.trc": (71, 200, 200.0, 3462),
    "btkdata/TRCSamples/MOTEK/T.trc": (41, 89, 30.0, 0),
    "btkdata/TRCSamples/MOTEK/ballet_reduced.trc": (41, 100, 30.0, 0),
    "pyomeca/markers.trc": (51, 93, 100.0, 0),
    "pyomeca/markers.csv": (51, 580, 100.0, 305),
}
REFUSED = {
    "btkdata/TRCSamples/Empty.trc": "empty",
    "btkdata/TRCSamples/Truncated.trc": "expected the 5 of a TRC header",
}


def made(tmp_path, text, name="a.trc"):
    path = tmp_path / name
    path.write_text(text)
    return path


# known ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("separator", ["\t", ","])
def test_a_trc_written_by_hand_reads_as_written(tmp_path, separator):
    recording = loaders.open(made(tmp_path, TRC.replace("\t", separator)))
    assert (recording.notes["markers"], recording.fs, recording.unit) == (("A", "B"), 100.0, "m")
    expected = [[[1, np.nan, 1], [2, np.nan, 2], [3, np.nan, 3]], [[-4.5, 4, np.nan], [5, 500, np.nan], [6, 6, np.nan]]]
    np.testing.assert_allclose(positions(recording.read()), np.array(expected) / 1000, equal_nan=True)
    assert recording.notes["warnings"] == ()


@pytest.mark.parametrize(("unit", "metres"), [("mm", 1e-3), ("m", 1.0), ("cm", 0.01), ("meters", 1.0)])
def test_units_become_metres(tmp_path, unit, metres):
    recording = loaders.open(made(tmp_path, TRC.replace("mm", unit)))
    np.testing.assert_allclose(recording["A.z", 0].data, 3 * metres)


def test_a_csv_written_by_hand_reads_as_written(tmp_path):
    recording = loaders.open(made(tmp_path, CSV, "any.txt"))  # known by its content
    assert (recording.notes["markers"], recording.fs, recording.notes["first_frame"]) == (("Ana:A", "Ana:B"), 100.0, 7)
    expected = [[[1, np.nan], [2, np.nan], [3, np.nan]], [[4, 4], [5, 5], [6, 7]]]
    np.testing.assert_allclose(positions(recording.read()), np.array(expected) / 1000, equal_nan=True)


def test_another_csv_is_not_taken_for_trajectories(tmp_path):
    for text in ("a,b\n1,2\n", "Trajectories\nabout,them\n1,2\n3,4\n5,6\n", "Frame,Sub Frame,X,Y,Z\n1,0,1,2,3\n"):
        with pytest.raises(FormatError, match="not a recording that sigconv knows"):
            loaders.open(made(tmp_path, text, "table.csv"))


def test_what_header_and_rows_disagree_in_is_said(tmp_path):
    said = loaders.open(made(tmp_path, TRC.replace("\t3\t2\tmm", "\t300\t2\tmm"))).notes["warnings"]
    assert said == ("NumFrames is 300, 3 rows are there and read",)
    said = loaders.open(made(tmp_path, TRC.replace("\n2\t0.010", "\n9\t0.010"))).notes["warnings"]
    assert said == ()  # the first and the last frame tell enough
    said = loaders.open(made(tmp_path, TRC.replace("\n3\t0.020", "\n9\t0.080"))).notes["warnings"]
    assert [one.split(":")[0] for one in said] == [
        "frames are numbered 1 to 9 in 3 rows",
        "times run from 0 to 0.08 s, 3 frames at 100 Hz do not",
    ]
    unnamed = TRC.replace("\t3\t2\tmm", "\t3\t4\tmm").replace("3\t-4.5\t5\t6", "3\t-4.5\t5\t6\t7\t8\t9")
    recording = loaders.open(made(tmp_path, unnamed))
    assert recording.shape == (6, 3)
    assert "columns without one are left out" in recording.notes["warnings"][0]


# law -----------------------------------------------------------------------------------------------------------------


def test_a_piece_equals_the_slice_of_the_whole(tmp_path):
    for text, name in ((TRC, "a.trc"), (CSV, "a.csv")):
        recording = loaders.open(made(tmp_path, text, name))
        chosen = [recording.channels[i] for i in (5, 0)]
        np.testing.assert_array_equal(recording[chosen, 1:].data, recording.read().data[[5, 0], 1:])


# errors --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "old", "new", "message"),
    [
        (TRC, "DataRate\tC", "Rate\tC", "DataRate is None"),
        (TRC, "100.00\t100.00\t3", "-1\t100.00\t3", "DataRate is -1, expected a positive"),
        (TRC, "100.00\t100.00\t3", "nan\t100.00\t3", "DataRate is nan"),
        (TRC, "\t3\t2\tmm", "\t3.5\t2\tmm", "NumFrames is 3.5"),
        (TRC, "\t3\t2\tmm", "\t3\t1\tmm", "NumMarkers is 1, line 4 names 2"),
        (TRC, "mm", "px", "unit of length is 'px'"),
        (TRC, "\tmm\t", "\t\t", "Units is missing"),
        (TRC, "A\t\t\tB", "A\tB", "line 4 has 'B' where"),
        (TRC, "\t6\n2", "\t6\t7\n2", "line 7: 9 fields, expected 8"),
        (TRC, "3\tNaN\tNaN\tNaN", "3\tNaN", "line 9: 6 fields, expected 8: cut short"),
        (TRC, "-4.5", "-4.5mm", "line 7: b'-4.5mm' is not a number"),
        (TRC, "-4.5", "1e400", "too large"),
        (TRC, "3\t0.020", "end\t0.020", "a row begins with b'end"),
        (CSV, "8,0", "9,0", "line 7: frame 9, expected 8"),
        (CSV, "8,0", "Devices", "other sections"),
        (CSV, "mm,mm\n", "mm,cm\n", "the units are 'cm, mm'"),
        (CSV, "X,Y,Z\n", "X,Y,W\n", "lines 3 and 4 do not give"),
        (CSV, "4,5,7", "4,5", "7 fields, expected 8"),
        (CSV, "\n100,", "\n0,", "rate is 0 Hz"),
    ],
)
def test_damage_is_named(tmp_path, text, old, new, message):
    assert old in text
    path = made(tmp_path, text.replace(old, new, 1), "a.trc" if text is TRC else "a.csv")
    with pytest.raises(FormatError, match=message) as refused:
        loaders.load(path)
    assert str(path) in str(refused.value)


def test_the_limit_on_allocations_holds(tmp_path, monkeypatch):
    recording = loaders.open(made(tmp_path, TRC))
    monkeypatch.setenv(limits.NAME, "100")
    with pytest.raises(ResourceError, match="SIGCONV_MOST_BYTES=192"):
        recording.read()


# real ----------------------------------------------------------------------------------------------------------------


@pytest.mark.data
@pytest.mark.parametrize("name", FILES)
def test_every_real_file_reads(name, real_data):
    recording = loaders.open(real_data / "mocap_formats" / name)
    places = positions(recording.read())
    markers, frames, rate, missing = FILES[name]
    assert (places.shape, recording.fs) == ((markers, 3, frames), rate)
    assert np.isnan(places[:, 0]).sum() == missing
    assert np.nanmax(np.abs(places)) < 3


@pytest.mark.data
@pytest.mark.parametrize("name", REFUSED)
def test_faulty_real_files_are_refused_for_what_they_are(name, real_data):
    with pytest.raises(FormatError, match=REFUSED[name]):
        loaders.open(real_data / "mocap_formats" / name)


@pytest.mark.data
def test_the_csv_and_the_c3d_of_one_trial_agree(real_data):
    folder = real_data / "mocap_formats" / "pyomeca"
    csv, c3d = (loaders.open(folder / name) for name in ("markers.csv", "markers_analogs.c3d"))
    assert csv.channels == c3d.channels
    np.testing.assert_allclose(csv.read().data, c3d.read().data, rtol=1e-5, atol=1e-9, equal_nan=True)


@pytest.mark.data
def test_what_real_files_are_odd_in_is_said(real_data):
    folder = real_data / "mocap_formats"
    assert (
        "NumMarkers is 66, 33 have a name" in loaders.open(folder / "btkdata/TRCSamples/Gait.trc").notes["warnings"][0]
    )
    assert "NumFrames is 652, 93 rows" in loaders.open(folder / "pyomeca/markers.trc").notes["warnings"][0]
