"""The base class of registered networks: a frozen record of parameters that builds the network."""

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
    """A network before its input shape is known; the fields of a subclass are its parameters in the config.

    Attributes:
        aliases: words in the dotted weight names of other implementations of the same network, and our words for them.
        fresh: names of modules, beside the head, that published weights of the same network lack or have in another
            shape.
        standard_layers: indices of the generalized layers that studies of this network usually take; empty if there
            is no convention.
    """

    aliases: ClassVar[Mapping[str, str]] = {}
    fresh: ClassVar[tuple[str, ...]] = ()
    standard_layers: ClassVar[tuple[int, ...]] = ()

    @abstractmethod
    def network(self, shape: Shape, classes: int) -> nn.Module:
        """Builds a new network whose children in order are its forward.

        Args:
            shape: the shape of one image, (C, H, W).
            classes: K, the number of logits.

        The weights are drawn from torch's global CPU generator; `Arch.models.build` seeds and restores it.
        """

    @classmethod
    def resized(cls, state: Mapping[str, Tensor], network: nn.Module) -> Mapping[str, Tensor]:  # noqa: ARG003 - a hook
        """Returns given weights with position embeddings and the like resampled for a network's image size."""
        return state


def stage_ends(depths: Sequence[int], first: int = 0) -> tuple[int, ...]:
    """Returns the index of each stage's last layer, for stages of `depths` layers that start at index `first`."""
    return tuple(first + end - 1 for end in accumulate(depths))


def require_image_shape(shape: Shape, classes: int) -> None:
    """Rejects shapes and class counts that no network can be built for.

    Raises:
        ModelError: `shape` is not three positive numbers, or there is no class.
    """
    if len(shape) != 3 or min(shape) < 1:
        raise ModelError(f"a network reads images of (channels, height, width), each at least 1, not {shape}.")
    if classes < 1:
        raise ModelError(f"a network needs at least one class, not {classes}.")
