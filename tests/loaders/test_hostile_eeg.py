"""Spoilt EEG files: refused by name, or read; never a crash, a hang or a flood of memory."""

import shutil

import pytest

from tests.loaders.hostile import campaign

pytestmark = pytest.mark.data

# file that is spoilt, bytes of its header, file that is opened, files that lie beside
SAMPLES = {
    "edf": ("pyedflib/test_utf8.edf", 1024, "", ()),
    "edf of several rates": ("mne-python/test_uneven_samp.edf", 1024, "", ()),
    "edf with triggers": ("mne-python/test_edf_stim_channel.edf", 6656, "", ()),
    "bdf": ("mne-python/test_bdf_stim_channel.bdf", 1280, "", ()),
    "bdf+ of several rates": ("pyedflib/test_generator.bdf", 1792, "", ()),
    "gdf": ("mne-testing-data/GDF/test_1ch.gdf", 512, "", ()),
    "vhdr": ("mne-python/test.vhdr", 2048, "", ("test.eeg", "test.vmrk")),
    "vmrk": ("mne-python/test.vmrk", 800, "test.vhdr", ("test.eeg", "test.vhdr")),
    "eeg": ("mne-python/test.eeg", 1024, "test.vhdr", ("test.vhdr", "test.vmrk")),
    "fif": ("mne-python/test_bin_raw.fif", 8192, "", ()),
    "set": ("eeglab/eeglab_data.set", 1 << 17, "", ("eeglab_data.fdt",)),
    "fdt": ("eeglab/eeglab_data.fdt", 1024, "eeglab_data.set", ("eeglab_data.set",)),
}


@pytest.mark.parametrize("kind", SAMPLES)
def test_spoilt_copies_do_no_harm(kind, real_data, tmp_path):
    name, header, read, beside = SAMPLES[kind]
    sample = real_data / "eeg_formats" / name
    for other in beside:
        shutil.copy(sample.parent / other, tmp_path)
    verdicts = campaign(sample, tmp_path, header=header, read=read)
    assert verdicts.findings == []
    assert verdicts.outcomes["FormatError"] > 0
