"""Spoilt audio files: refused by name, or read; never a crash, a hang or a flood of memory."""

import numpy as np
import pytest
import soundfile

from tests.loaders.hostile import campaign

pytestmark = pytest.mark.data

# name -> (format, subtype) of soundfile
SAMPLES = {
    "a.wav": ("WAV", "PCM_16"),
    "float.wav": ("WAV", "FLOAT"),
    "alaw.wav": ("WAV", "ALAW"),
    "ima.wav": ("WAV", "IMA_ADPCM"),
    "long.rf64.wav": ("RF64", "PCM_24"),
    "a.aiff": ("AIFF", "PCM_16"),
    "a.flac": ("FLAC", "PCM_16"),
    "a.ogg": ("OGG", "VORBIS"),
    "a.opus": ("OGG", "OPUS"),
    "a.mp3": ("MP3", "MPEG_LAYER_III"),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_spoilt_copies_do_no_harm(name, real_data, tmp_path):
    digit, fs = soundfile.read(real_data / "fsdd" / "recordings" / "7_theo_0.wav")
    form, subtype = SAMPLES[name]
    sample = tmp_path / name
    soundfile.write(sample, np.stack([digit, digit[::-1]], 1), fs, format=form, subtype=subtype)
    folder = tmp_path / "spoilt"
    folder.mkdir()
    verdicts = campaign(sample, folder)
    assert verdicts.findings == []
    assert verdicts.outcomes["FormatError"] > 0
