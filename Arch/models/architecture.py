"""What every registered network is: a frozen record of its parameters that can make the network."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import ClassVar

from torch import Tensor, nn

from Arch.errors import ModelError

Shape = tuple[int, ...]
"""A tensor's axes without the batch; of an image (C, H, W)."""


@dataclass(frozen=True)
class Architecture(ABC):
    """A network before it knows its data; the fields of a subclass are its parameters in the config.

    Attributes:
        aliases: words that other sources of the same network have in the dotted names of its weights, and ours.
        fresh: names of modules, beside the head, that published weights of the same network lack or have otherwise.
        standard_layers: the generalized layers that studies of this network customarily use; none where there is no
            custom.
    """

    aliases: ClassVar[Mapping[str, str]] = {}
    fresh: ClassVar[tuple[str, ...]] = ()
    standard_layers: ClassVar[tuple[int, ...]] = ()

    @abstractmethod
    def network(self, shape: Shape, classes: int) -> nn.Module:
        """A new network whose children in order are its forward.

        Args:
            shape: of one image, (C, H, W).
            classes: K, the number of logits.

        The weights are drawn from torch's global CPU generator; `Arch.models.build` seeds and restores it.
        """

    @classmethod
    def resized(cls, state: Mapping[str, Tensor], network: nn.Module) -> Mapping[str, Tensor]:  # noqa: ARG003 - a hook
        """Others' weights with what belongs to an image size (position embeddings) resampled to a network's."""
        return state


def stage_ends(depths: Sequence[int], first: int = 0) -> tuple[int, ...]:
    """The number of the last layer of each stage, where `depths` say how many layers each has, from `first` on."""
    return tuple(first + end - 1 for end in accumulate(depths))


def require_image_shape(shape: Shape, classes: int) -> None:
    """Refuses what no network can be built for.

    Raises:
        ModelError: `shape` is not three positive numbers, or there is no class.
    """
    if len(shape) != 3 or min(shape) < 1:
        raise ModelError(f"a network reads images of (channels, height, width), each at least 1, not {shape}.")
    if classes < 1:
        raise ModelError(f"a network needs at least one class, not {classes}.")
