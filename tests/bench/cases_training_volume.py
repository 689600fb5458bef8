"""The hippocampus in `tests.bench.training`: one fold, our recipe beside MONAI's BasicUNet and CacheDataset."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch

from sigconv.recipe import config
from sigconv.recipe.segment import line
from sigconv.recipe.segment.volume import DOMAIN
from sigconv.report.overlap import confusion_counts, dice
from sigconv.train import predict_whole
from tests.bench.training import Task, Trained, timed
from tests.recipe.conftest import Silent

EPOCHS = 3  # of 50 steps of 3 patches
NOTE = """Ours is the recipe's network, whose first floor is thin; MONAI's is its BasicUNet with its own features. In
bfloat16 by autocast some of its gradients are infinite on this machine (torch 2.13), after which it says one class."""
CLASSES = "data.classes={background=0,anterior=1,posterior=2}"


def mean_of(said: Any, cases: Any, held_out: Any) -> float:
    """The mean Dice of both parts over the scans held out."""
    each = [dice(confusion_counts(cases.masks[i].read().data[0], said(i), 3)) for i in held_out]
    return float(np.nanmean(each, axis=0)[1:].mean())


def volume(real: Path) -> Task:
    """Every fifth of 174 scans is held out."""
    recipe = config.read(
        "volume_segmentation", [f"data.path={real / 'msd_hippocampus'}", CLASSES, f"train.epochs={EPOCHS}"]
    )
    cases = line.cases_of(DOMAIN, recipe, DOMAIN.gather(recipe, Silent()), Silent())
    every = np.arange(len(cases))
    train, held_out = every[every % 5 != 0], every[every % 5 == 0]

    def ours() -> Trained:
        fitted: list[Any] = []
        seconds = timed(
            lambda: fitted.append(line.train_one(DOMAIN, recipe, cases, train, [], 0, None, lambda *_: None))
        )
        sliding = line.sliding_of(recipe, fitted[0].module, 1)
        said = {i: predict_whole(fitted[0].module, cases.ready[i], sliding).argmax(0) for i in held_out}
        return Trained(seconds, mean_of(said.__getitem__, cases, held_out))

    peers = {
        "MONAI, float32": lambda: by_monai(cases, train, held_out, low=False),
        "MONAI, bfloat16": lambda: by_monai(cases, train, held_out, low=True),
    }
    name = "volumes: hippocampus, 50 steps of 3 patches of 32×48×32"
    return Task(name, EPOCHS, 2.0, ours, peers, rounds=1, note=NOTE)


def by_monai(cases: Any, train: Any, held_out: Any, low: bool) -> Trained:
    """Its tutorial's way: CacheDataset, RandSpatialCrop, RandAffine, DiceCELoss, AdamW, sliding_window_inference."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from monai import transforms
        from monai.data import CacheDataset, DataLoader
        from monai.inferers import sliding_window_inference
        from monai.losses import DiceCELoss
        from monai.networks.nets import BasicUNet

        torch.manual_seed(0)
        items = [{"x": cases.ready[i].read().data, "y": cases.wanted[i].read().data} for i in train]
        both, size = ["x", "y"], (32, 48, 32)
        change = transforms.Compose(
            [
                transforms.SpatialPadd(both, size),
                transforms.RandSpatialCropd(both, size, random_size=False),
                transforms.RandAffined(
                    both,
                    prob=1.0,
                    rotate_range=0.2,
                    scale_range=0.1,
                    mode=["bilinear", "nearest"],
                    padding_mode="zeros",
                ),
                transforms.RandScaleIntensityd("x", 0.2, prob=1.0),
                transforms.EnsureTyped(both),
            ]
        )
        cache = CacheDataset(items, change, num_workers=0, progress=False)
        module = BasicUNet(spatial_dims=3, in_channels=1, out_channels=3, features=(32, 32, 64, 128, 256, 32))
        optimiser = torch.optim.AdamW(module.parameters(), 3e-3, weight_decay=0.02)
        criterion = DiceCELoss(to_onehot_y=True, softmax=True, include_background=False)

        def learn() -> None:
            module.train()
            for _ in range(EPOCHS):
                sampler = torch.utils.data.RandomSampler(cache, num_samples=150)
                for batch in DataLoader(cache, batch_size=3, sampler=sampler):
                    optimiser.zero_grad()
                    with torch.autocast("cpu", torch.bfloat16, enabled=low):
                        scores = module(batch["x"].float())
                    criterion(scores.float(), batch["y"]).backward()
                    optimiser.step()

        seconds = timed(learn)
        module.eval()

        def said(index: int) -> Any:
            with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=low):
                x = torch.from_numpy(np.ascontiguousarray(cases.ready[index].read().data)).float()[None]
                return sliding_window_inference(x, size, 2, module, overlap=0.5, mode="gaussian")[0].argmax(0).numpy()

        return Trained(seconds, mean_of(said, cases, held_out))
