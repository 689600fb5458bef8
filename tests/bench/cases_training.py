"""What is trained in `tests.bench.training`, by us and by what a user would else take; each row on real data."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from sigconv import nets
from sigconv.recipe import config
from sigconv.train import Settings, fit, probabilities
from sigconv.windows import Loaded
from tests.bench.cases_training_volume import volume
from tests.bench.loading_peers import stand_in
from tests.bench.training import Task, Trained, timed
from tests.recipe.conftest import Silent

LAYERS = (nn.Conv1d, nn.Conv2d), (nn.BatchNorm1d, nn.BatchNorm2d), (nn.MaxPool1d, nn.MaxPool2d)


def read(domain: Any, recipe: Any) -> Loaded:
    """All windows of a recipe."""
    windows: Loaded = domain.windows(recipe, domain.gather(recipe, Silent()), Silent()).load()
    return windows


def score(said: Any, test: Loaded) -> float:
    """The share of right classes."""
    return float((np.asarray(said).argmax(1) == test.labels).mean())


def by_us(text: str, settings: Settings, train: Loaded, test: Loaded) -> Trained:
    """train.fit on a network in the notation."""
    spec = nets.InputSpec(train.shape[0], train.shape[1:])
    module = nets.build(nets.parse(text), spec, classes=len(train.classes), seed=0)
    seconds = timed(lambda: fit(module, train, settings))
    return Trained(seconds, score(probabilities(module, test), test))


class Top(nn.Module):
    """The mean over the grid, or the largest."""

    def __init__(self, largest: bool) -> None:
        super().__init__()
        self.largest = largest

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, channels)."""
        flat = x.flatten(2)
        return flat.amax(2) if self.largest else flat.mean(2)


def by_hand(layers: list[nn.Module], settings: Settings, train: Loaded, test: Loaded) -> Trained:
    """The loop of torch's tutorials: DataLoader, AdamW, float32, a cosine of learning rates."""
    torch.manual_seed(0)
    module = nn.Sequential(*layers)
    data = TensorDataset(torch.from_numpy(train.data), torch.from_numpy(train.labels))
    loader = DataLoader(data, batch_size=settings.batch, shuffle=True)
    optimiser = torch.optim.AdamW(module.parameters(), settings.rate, weight_decay=settings.weight_decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, settings.epochs * len(loader))
    criterion = nn.CrossEntropyLoss(label_smoothing=settings.label_smoothing)

    def learn() -> None:
        module.train()
        for _ in range(settings.epochs):
            for x, y in loader:
                optimiser.zero_grad()
                criterion(module(x), y).backward()
                optimiser.step()
                schedule.step()

    seconds = timed(learn)
    module.eval()
    with torch.inference_mode():
        said = torch.cat([module(x) for x in torch.from_numpy(test.data).split(256)])
    return Trained(seconds, score(said, test))


def stack(axes: int, plan: list[tuple[int, int, int]], channels: int, kernel: int, largest: bool) -> list[nn.Module]:
    """Convolution, norm, ReLU, pooling as torch's own modules.

    plan : (filters, stride, pooling or 0) of each layer;  kernel : of the layers behind the first
    """
    conv, norm, pool = (kinds[axes - 1] for kinds in LAYERS)
    layers: list[nn.Module] = []
    for number, (filters, stride, pooled) in enumerate(plan):
        width = 80 if axes == 1 and number == 0 else kernel
        layers += [conv(channels, filters, width, stride, width // 2), norm(filters), nn.ReLU()]
        layers += [pool(pooled)] if pooled else []
        channels = filters
    return [*layers, Top(largest), nn.Linear(channels, 10)]


def beside_a_plain_loop(
    name: str, settings: Settings, text: str, layers: Callable[[], list[nn.Module]], train: Loaded, test: Loaded
) -> Task:
    """The same network by us from its text, and by hand from torch's layers."""
    peers = {"plain torch loop": lambda: by_hand(layers(), settings, train, test)}
    return Task(name, settings.epochs, 1.5, lambda: by_us(text, settings, train, test), peers)


def audio(real: Path) -> Task:
    """M5 (Dai et al. 2017) on spoken digits, every tenth of them held out."""
    from sigconv.recipe.audio.line import DOMAIN

    pattern = "data.pattern={label}_{speaker}_{take}.wav"
    recipe = config.read("audio_digits_waveform", [f"data.path={real / 'fsdd' / 'recordings'}", pattern])
    windows = read(DOMAIN, recipe)
    tested = np.arange(len(windows)) % 10 == 0
    train, test = windows.select(np.flatnonzero(~tested)), windows.select(np.flatnonzero(tested))
    settings = Settings(epochs=10, batch=64, rate=0.003, precision="auto")
    text = "C32k80s4BRP4 C32k3BRP4 C64k3BRP4 C64k3BR G F"
    plan = [(32, 4, 4), (32, 1, 4), (64, 1, 4), (64, 1, 0)]
    name = "audio: M5 on 2 700 spoken digits of 5 600 samples, batch 64"
    return beside_a_plain_loop(name, settings, text, lambda: stack(1, plan, 1, 3, False), train, test)


def image(real: Path) -> Task:
    """The network of image_objects on 10 000 pictures."""
    from sigconv.recipe.image.line import DOMAIN

    archive = real / "cifar10_jpg_subset" / "cifar10_jpg_subset.zip"
    recipe = config.read("image_objects", [f"data.path={archive}"])
    gathered = DOMAIN.gather(recipe, Silent())
    windows = DOMAIN.windows(recipe, gathered, Silent()).load()
    parts = np.array(gathered.parts)
    train, test = (windows.select(np.flatnonzero(parts == part)) for part in ("train", "test"))
    settings = Settings(epochs=3, batch=128, rate=0.003, weight_decay=0.05, precision="auto")
    text = "C24BR C32BRP C32BR C128BRP C128BR C128BRP C128BR G:max F"
    plan = [(24, 1, 0), (32, 1, 2), (32, 1, 0), (128, 1, 2), (128, 1, 0), (128, 1, 2), (128, 1, 0)]
    name = "images: 7 convolutions on 10 000 of 3×32×32, batch 128"
    return beside_a_plain_loop(name, settings, text, lambda: stack(2, plan, 3, 3, True), train, test)


def eeg(real: Path) -> Task:
    """eeg_motor_imagery with one run held out, beside braindecode's shallow network."""
    from sigconv.recipe.eeg.line import DOMAIN

    recipe = config.read("eeg_motor_imagery", [f"data.path={real / 'eegmmidb_S001'}"])
    windows = read(DOMAIN, recipe)
    last = np.array([group == windows.groups[-1] for group in windows.groups])
    train, test = windows.select(np.flatnonzero(~last)), windows.select(np.flatnonzero(last))

    def braindecode() -> Trained:
        stand_in()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from braindecode import EEGClassifier
            from braindecode.models import ShallowFBCSPNet

            torch.manual_seed(0)
            module = ShallowFBCSPNet(n_chans=64, n_outputs=2, n_times=train.shape[1], final_conv_length="auto")
            learner = EEGClassifier(
                module,
                criterion=nn.CrossEntropyLoss,
                optimizer=torch.optim.AdamW,
                optimizer__lr=0.0625 * 0.01,
                train_split=None,
                batch_size=16,
                max_epochs=recipe.settings.epochs,
                verbose=0,
            )
            scaled = 1 / train.data.std()
            seconds = timed(lambda: learner.fit(train.data * scaled, train.labels))
            return Trained(seconds, score(learner.predict_proba(test.data * scaled), test))

    return Task(
        "EEG: 75 windows of 64×600 samples, batch 16",
        recipe.settings.epochs,
        1.5,
        lambda: by_us(recipe.net.text, recipe.settings, train, test),
        {"braindecode ShallowFBCSPNet": braindecode},
    )


TASKS: dict[str, Callable[[Path], Task]] = {"EEG": eeg, "audio": audio, "images": image, "volumes": volume}
