"""Spoilt motion capture files: refused by name, or read; never a crash, a hang or a flood of memory."""

import pytest

from sigconv.errors import FormatError, ResourceError
from sigconv.loaders.mocap import bvh, c3d
from tests.loaders.hostile import COUNT, campaign, mutated

pytestmark = pytest.mark.data

SAMPLES = {  # and the bytes that tell how the rest is to be read
    "c3d of Intel reals": ("mocap_formats/ezc3d/FP_Type3.c3d", 7168),
    "c3d of DEC integers": ("mocap_formats/btkdata/sample02/DEC_INT.C3D", 6144),
    "c3d of MIPS reals": ("mocap_formats/btkdata/sample02/sgi_real.c3d", 6144),
    "bvh": ("motion_bvh/dataset-2_raise-up-both-hands_active_001.bvh", 5500),
    "trc": ("mocap_formats/btkdata/TRCSamples/MOTEK/T.trc", 1600),
    "csv": ("mocap_formats/pyomeca/markers.csv", 4000),
}


@pytest.mark.parametrize("kind", SAMPLES)
def test_spoilt_copies_do_no_harm(kind, real_data, tmp_path):
    name, header = SAMPLES[kind]
    verdicts = campaign(real_data / name, tmp_path, header=header)
    assert verdicts.findings == []
    assert verdicts.outcomes["FormatError"] > 0


OTHERS = {
    "analog": (c3d.analog, "c3d of Intel reals"),
    "residuals": (c3d.residuals, "c3d of DEC integers"),
    "cameras": (c3d.cameras, "c3d of MIPS reals"),
    "channels": (bvh.channels, "bvh"),
}


@pytest.mark.parametrize("what", OTHERS)
def test_the_other_readers_refuse_or_read_spoilt_copies(what, real_data, tmp_path):
    opened, kind = OTHERS[what]
    name, header = SAMPLES[kind]
    content, path = (real_data / name).read_bytes(), tmp_path / "spoilt"
    refusals = []
    for seed in range(COUNT):
        path.write_bytes(mutated(content, seed, header))
        try:
            opened(path).read()
        except (FormatError, ResourceError) as error:
            refusals.append(str(error))
    assert 0 < len(refusals) < COUNT
    assert all(str(path) in message for message in refusals)
