"""The tables that recipes share; a domain adds its own."""

from typing import Annotated, Any, Literal, get_type_hints

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, create_model, field_validator, model_validator

from sigconv import units
from sigconv.errors import SamplingError, SigconvError
from sigconv.train.settings import Settings


def _quantity(unit: str) -> BeforeValidator:
    def parse(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float, str)):
            raise ValueError(f"expected a quantity such as '1 {unit}'")
        try:
            return units.parse(value, unit)
        except SamplingError as error:
            raise ValueError(str(error)) from error

    return BeforeValidator(parse)


Hertz = Annotated[float, _quantity("Hz")]
Seconds = Annotated[float, _quantity("s")]
Metres = Annotated[float, _quantity("m")]
Millimetres = Annotated[float, _quantity("mm")]
Decibels = Annotated[float, _quantity("dB")]


class Table(BaseModel):
    """A table of a recipe: no unknown key, no change afterwards, no silent conversion."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Once(Table):
    """[run] of recipes that divide nothing into folds.

    seeds : each trains once
    every : s between checkpoints
    device : "auto" takes the GPU where there is one; "cpu", "cuda"
    """

    seeds: list[Annotated[int, Field(ge=0)]] = Field(default=[0], min_length=1)
    every: Annotated[Seconds, Field(gt=0)] = 60.0
    device: Literal["auto", "cpu", "cuda"] = "auto"

    @field_validator("seeds")
    @classmethod
    def _each_once(cls, seeds: list[int]) -> list[int]:
        if len(set(seeds)) < len(seeds):
            raise ValueError("each seed once")
        return seeds


class Run(Once):
    """[run] what is trained, and on which part of the data; each of `seeds` trains every fold once.

    hold_out : "each" group in turn; "folds" of groups; the data set's own "part"s train and test; a "share" of the
        groups; or "auto": the parts where they are defined, else a share
    together : neighbouring groups that "each" holds out at once
    folds, share : how many folds, which share is held out
    validation : the share of the training groups that choose the epoch whose weights are kept, and end a training that
        train.patience has waited for; 0 trains on all of them and keeps the last epoch
    model : what the run keeps for `predict`: a network trained on "everything", or that of the "first" fold and seed
    tensorboard : whether TensorBoard's event files are written beside log.csv
    """

    hold_out: Literal["each", "folds", "part", "share", "auto"] = "each"
    together: int = Field(default=1, ge=1)
    folds: int = Field(default=5, ge=2)
    share: float = Field(default=0.2, gt=0, lt=1)
    validation: float = Field(default=0.0, ge=0, lt=1)
    model: Literal["everything", "first"] = "everything"
    tensorboard: bool = False


class Data(Table):
    """[data] where recordings come from, and what tells their label and group.

    path : a folder with a folder for each class, a zip of images in such folders, or a CSV or TSV table with the
        columns path, label and group; "" makes data up
    pattern : how the paths below a folder are written, as "{label}_{speaker}_{_}.wav"; "" for class folders
    label, group, part : words of the pattern or columns of the table; group "auto" takes "group", else what is known
        of subjects, else every recording on its own
    skip : leave out files that cannot be read, in place of refusing them
    """

    path: str = ""
    pattern: str = ""
    label: str = "label"
    group: str = "auto"
    part: str = ""
    skip: bool = False


class NetText(Table):
    """[net] the architecture."""

    text: str


def _training() -> type[Table]:
    """[train]: the fields of train.Settings, and its own word on what is allowed."""

    def checked(self: Any) -> Any:
        try:
            Settings(**self.model_dump())
        except SigconvError as error:
            raise ValueError(str(error)) from error
        return self

    hints = get_type_hints(Settings)
    fields: dict[str, Any] = {
        name: (hints[name], field.default) for name, field in Settings.__dataclass_fields__.items()
    }
    validators: dict[str, Any] = {"checked": model_validator(mode="after")(checked)}
    made: type[Table] = create_model("Train", __base__=Table, __validators__=validators, **fields)
    return made


Train: Any = _training()


class Real(Table):
    """[real] the public data that `--fetch DIR` brings, and what is then laid over the recipe.

    dataset : its name, as of `sigconv fetch`
    only : glob patterns of its files; by default all
    overrides : as on the command line; DIR stands for the folder
    """

    dataset: str
    only: list[str] = Field(default=[])
    overrides: list[str]


class Recipe(Table):
    """What every recipe has."""

    title: str
    kind: str = "classify"
    domain: str
    run: Once = Once()
    real: Real | None = None


class Classify(Recipe):
    """What every recipe that trains a classifier has."""

    run: Run = Run()
    data: Data = Data()
    net: NetText
    train: Train = Train()

    @model_validator(mode="after")
    def _validation_has_its_use(self) -> "Classify":
        if not isinstance(self.train, Train):
            if self.run.validation:
                raise ValueError(
                    f"run.validation is {self.run.validation:g}; a recipe of the kind {self.kind!r} has a training of "
                    "its own, which keeps its last pass"
                )
        elif self.train.patience and not self.run.validation:
            raise ValueError(
                f"train.patience is {self.train.patience}; it waits for the score of run.validation, the share of the "
                "training groups that are not trained on: set it, to 0.2 say"
            )
        return self

    @property
    def mirror(self) -> tuple[int, ...]:
        """Grid axes along which a window is mirrored when it is classified; the mean of what is said counts."""
        return ()

    @property
    def settings(self) -> Settings:
        """[train] as train.fit takes it."""
        return Settings(**self.train.model_dump())
