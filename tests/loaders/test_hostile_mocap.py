"""Spoilt motion capture files: refused by name, or read; never a crash, a hang or a flood of memory."""

import pytest

from tests.loaders.hostile import campaign

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
