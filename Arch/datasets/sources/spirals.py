"""Points on interleaved spirals in the plane: a small task, in which a range of radii can be left out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch

from Arch.datasets import DATASETS
from Arch.datasets.dataset import ImageDataset, Images, SplitName
from Arch.datasets.stratified import SEED, Ids, stratified_split
from Arch.errors import DataError

MODALITIES = ("standard", "interpolation", "extrapolation")
_LARGEST_RADIUS = 10.0

Part = Literal["train", "validation", "test"]


@dataclass(frozen=True, eq=False)
class _Points:
    """Points `(N, 2)` and radii `(N,)`, both float32, and labels `(N,)`, int64."""

    points: npt.NDArray[np.float32]
    radii: npt.NDArray[np.float32]
    labels: npt.NDArray[np.int64]

    def __getitem__(self, chosen: npt.NDArray[Any]) -> _Points:
        return _Points(self.points[chosen], self.radii[chosen], self.labels[chosen])


@DATASETS.register("Spirals")
@dataclass(frozen=True)
class Spirals(ImageDataset):
    """Points on 28 spiral arms of 7 classes, vectors of 2 numbers: 14,000 train, 7,000 test; generated.

    Arm a of A = S K consists of the points with `radii` radii r evenly from 1 to 10 at the angles
    0.1 pi r / K + 2 pi a / A + u pi / A, where each u is uniform in (-0.75, 0.75). Of each K consecutive arms the first
    is of class 0 and the others are of the classes 1 to K - 1 in a random order. Half of the points are for training, a
    quarter for validation and a quarter for testing, stratified. `Validation` holds out training points, as for every
    dataset, so that the quarter for validation is only accessible by `part`.

    A `modality` leaves out radii in every part; `left_out` returns these points. Points at `min_radius` and
    `max_radius` are not left out.

    Attributes:
        arms: S, number of arms per class.
        classes: K, number of classes.
        radii: number of points per arm.
        modality: `standard` for all points, `interpolation` for those up to `min_radius` and from `max_radius` on,
            `extrapolation` for those from `min_radius` to `max_radius`.
        min_radius: used by the last two.
        max_radius: the same.

    Source: the synthetic task of arXiv 2602.15438, which uses NumPy's global generator. Deviations: the generator is a
    `RandomState` of its own with seed 42, whose stream NumPy guarantees (NEP 19), used in the same order; the
    stratified split of scikit-learn has random_state 42. The radius of a point is r, not its rounded norm.
    """

    arms: int
    classes: int
    radii: int
    modality: str
    min_radius: float = 0.0
    max_radius: float = _LARGEST_RADIUS

    def read(self, root: Path, split: SplitName) -> Images:  # noqa: ARG002  # the data are generated
        """Generates the points of a split within the modality, float32 `(N, 2, 1, 1)`; see `ImageDataset.read`."""
        return self.part(split)

    def part(self, name: Part) -> Images:
        """Generates the points of one of the three parts within the modality.

        Raises:
            DataError: the parameters leave a class without points, or `min_radius` exceeds `max_radius`.
        """
        whole = self._all()
        part = whole[self._ids(whole.labels)[name]]
        inside = part[self._is_inside(part.radii)]
        if len(np.unique(inside.labels)) < self.classes:
            raise DataError(
                f"SpiralsModality {self.modality} with SpiralsMinRadius {self.min_radius} and SpiralsMaxRadius "
                f"{self.max_radius} leaves no {name} points of some class: radii are from 1 to 10."
            )
        return self._images(inside)

    def left_out(self) -> Images:
        """Generates the points of all three parts outside the modality: out-of-distribution samples.

        Raises:
            DataError: no point is left out, or `min_radius` exceeds `max_radius`.
        """
        whole = self._all()
        whole = whole[np.concatenate(list(self._ids(whole.labels).values()))]
        outside = whole[~self._is_inside(whole.radii)]
        if not len(outside.labels):
            raise DataError(
                f"SpiralsModality {self.modality} leaves out no point: choose interpolation or extrapolation, and a "
                "SpiralsMinRadius and SpiralsMaxRadius between 1 and 10."
            )
        return self._images(outside)

    def _images(self, points: _Points) -> Images:
        names = tuple(f"class {k}" for k in range(self.classes))
        return Images.of(torch.from_numpy(points.points)[:, :, None, None], torch.from_numpy(points.labels), names)

    def _is_inside(self, radii: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
        if self.min_radius > self.max_radius:
            raise DataError(
                f"SpiralsMinRadius is {self.min_radius}, which is more than SpiralsMaxRadius {self.max_radius}: "
                "exchange them."
            )
        if self.modality == "interpolation":
            return np.asarray((radii <= self.min_radius) | (radii >= self.max_radius))
        if self.modality == "extrapolation":
            return np.asarray((radii >= self.min_radius) & (radii <= self.max_radius))
        return np.ones(len(radii), dtype=np.bool_)

    def _ids(self, labels: npt.NDArray[np.int64]) -> dict[Part, Ids]:
        """Returns the indices of the points of each part, in its order."""
        train, rest = stratified_split(np.arange(len(labels)), labels, 0.5, "Spirals")
        validation, test = stratified_split(rest, labels, 0.5, "Spirals")
        return {"train": train, "validation": validation, "test": test}

    def _all(self) -> _Points:
        """Generates all points, arm by arm."""
        generator = np.random.RandomState(SEED)  # its stream is the same in all versions of NumPy
        total = self.arms * self.classes
        jitter = generator.uniform(-0.75, 0.75, size=(total, self.radii))
        radius = np.linspace(1, _LARGEST_RADIUS, self.radii)
        arm = np.arange(total)[:, None]
        angle = 0.1 * np.pi * radius / self.classes + (2 * arm + jitter) * np.pi / total
        points = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
        orders = [[0, *generator.permutation(np.arange(1, self.classes))] for _ in range(self.arms)]
        labels = np.repeat(np.array(orders, dtype=np.int64).flatten(), self.radii)
        radii = np.tile(radius, total).astype(np.float32)
        return _Points(points.reshape(-1, 2).astype(np.float32), radii, labels)
