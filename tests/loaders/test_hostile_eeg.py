"""Spoilt EEG files: refused by name, or read; never a crash, a hang or a flood of memory."""

import pytest

from tests.loaders.hostile import campaign

pytestmark = pytest.mark.data

SAMPLES = {"edf": "pyedflib/test_utf8.edf"}


@pytest.mark.parametrize("kind", SAMPLES)
def test_spoilt_copies_do_no_harm(kind, real_data, tmp_path):
    verdicts = campaign(real_data / "eeg_formats" / SAMPLES[kind], tmp_path)
    assert verdicts.findings == []
    assert verdicts.outcomes["FormatError"] > 0
