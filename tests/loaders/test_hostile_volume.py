"""Spoilt volumes: refused by name, or read; never a crash, a hang or a flood of memory."""

import gzip
import os

import pytest

from tests.loaders.hostile import campaign
from tests.loaders.volumes import FORMATS, in_format, real_scan

pytestmark = pytest.mark.data

FIRST = int(os.environ.get("SIGCONV_FIRST", "0"))


@pytest.mark.parametrize("suffix", FORMATS)
def test_spoilt_copies_do_no_harm(suffix, real_data, tmp_path):
    sample = in_format(real_scan(real_data), suffix, tmp_path)
    verdicts = campaign(sample, tmp_path, header=400, first=FIRST)
    assert verdicts.findings == []
    assert suffix == ".img" or verdicts.outcomes["FormatError"] > 0
    print(suffix, verdicts.outcomes, verdicts.slowest, verdicts.largest)


def test_copies_spoilt_inside_the_gzip_do_no_harm(real_data, tmp_path):
    sample = in_format(real_scan(real_data), ".nii.gz", tmp_path)
    packing = (gzip.decompress, lambda content: gzip.compress(content, 1))
    verdicts = campaign(sample, tmp_path, header=400, first=FIRST, packing=packing)
    assert verdicts.findings == []
    assert verdicts.outcomes["FormatError"] > 0
    print("inside .nii.gz", verdicts.outcomes, verdicts.slowest, verdicts.largest)
