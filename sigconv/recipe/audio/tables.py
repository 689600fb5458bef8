"""What a recipe for audio may hold."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from sigconv.recipe.tables import Classify, Data, Decibels, Hertz, Seconds, Table

Factor = Annotated[float, Field(ge=1, le=4)]

# keys of [augment] that go with one kind of features only
_OF_FEATURES = {
    "waveform": ("speed", "noise"),
    "log_mel": ("tract", "tempo", "rise", "rough", "mask_bands"),
}


class Made(Table):
    """[data.made] how many made-up words of vowels there are when no path is given."""

    speakers: int = Field(default=5, ge=2, le=1000)
    takes: int = Field(default=4, ge=1, le=1000)
    seed: int = Field(default=0, ge=0)


class AudioData(Data):
    """[data] recordings, each of one sound; `test` are the texts of `part` that are tested, the others train."""

    test: list[str] = Field(default=[])
    made: Made = Made()

    @model_validator(mode="after")
    def _tested_by_part(self) -> Self:
        if self.test and not self.part:
            raise ValueError("test says which texts of part are tested, and part is empty; name a word or a column")
        return self


class Sound(Table):
    """[sound] what of a recording the network is shown.

    rate : its samples a second, mono
    length : of a window; the sound lies in its middle, the strongest part of one that is longer
    silence : what lies further below the loudest moment is cut off at both ends
    emphasis : share of the sample before that is subtracted from each, which lifts high frequencies; 0 for none
    level : mean power of the sound, 0 dB for 1
    features : "waveform", or "log_mel" spectrograms
    """

    rate: Hertz = Field(default=8000.0, ge=1000, le=192000)
    length: Seconds = Field(default=0.7, gt=0, le=600)
    silence: Decibels = Field(default=30.0, gt=0)
    emphasis: float = Field(default=0.0, ge=0, lt=1)
    level: Decibels = Field(default=0.0, ge=-100, le=100)
    features: Literal["waveform", "log_mel"] = "waveform"


class Mel(Table):
    """[mel] spectrograms, in dB below the loudest point of each; see filters.log_mel. `floor` is the least level."""

    bands: int = Field(default=32, ge=4, le=512)
    window: Seconds = Field(default=0.032, gt=0)
    hop: Seconds = Field(default=0.015, gt=0)
    low: Hertz = Field(default=60.0, ge=0)
    floor: Decibels = Field(default=-60.0, lt=0)


class Changed(Table):
    """[augment] how training sounds are changed anew in every epoch; what is not named stays.

    shift : most that a sound is moved to either side
    colour : standard deviation of a random frequency response
    mask : longest stretch that is not heard
    speed, noise : of waveforms: largest factor of the speed; range of the signal-to-noise ratio
    tract, tempo : of spectrograms: largest factors of frequencies and of time
    rise, rough : of spectrograms: most that the floor is raised; largest standard deviation added to levels
    mask_bands : of spectrograms: most bands that are not heard
    """

    shift: Seconds = Field(default=0.0, ge=0)
    colour: Decibels = Field(default=0.0, ge=0)
    mask: Seconds = Field(default=0.0, ge=0)
    speed: Factor = 1.0
    noise: list[Decibels] = Field(default=[], max_length=2)
    tract: Factor = 1.0
    tempo: Factor = 1.0
    rise: Decibels = Field(default=0.0, ge=0)
    rough: Decibels = Field(default=0.0, ge=0)
    mask_bands: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _low_to_high(self) -> Self:
        if len(self.noise) == 1 or self.noise != sorted(self.noise):
            raise ValueError('noise is [] for none, or a range from low to high, as in ["10 dB", "50 dB"]')
        return self


class AudioRecipe(Classify):
    """A whole recipe that classifies sounds."""

    data: AudioData = AudioData()
    sound: Sound = Sound()
    mel: Mel = Mel()
    augment: Changed = Changed()

    @model_validator(mode="after")
    def _of_these_features(self) -> Self:
        other = "log_mel" if self.sound.features == "waveform" else "waveform"
        for key in _OF_FEATURES[other]:
            if getattr(self.augment, key) != Changed.model_fields[key].default:
                raise ValueError(
                    f"augment.{key} changes {other}s, and sound.features is {self.sound.features!r}; for these there "
                    f"are shift, colour, mask, {', '.join(_OF_FEATURES[self.sound.features])}"
                )
        return self
