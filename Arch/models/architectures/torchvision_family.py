"""Any classification network of torchvision, as `torchvision/NAME`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from torch import Tensor, nn

from Arch.models import MODELS
from Arch.models.architecture import Architecture, Shape
from Arch.models.architectures.published import (
    Published,
    adapt_channels,
    require_size,
    require_square,
    resize_position_embeddings,
)

PREFIX = "torchvision/"
# Patch sizes of the vision transformers, which torchvision builds for one size of square images.
PATCHES = {"vit_b_16": 16, "vit_b_32": 32, "vit_l_16": 16, "vit_l_32": 32, "vit_h_14": 14}
MAXVIT_SIDE = 224  # after five halvings of 224 pixels, or a multiple, maxvit_t's windows of 7 fit
# Networks that read smaller images than torchvision states, which is the size that they were trained at.
ANY_SIZE = (*PATCHES, "maxvit_t", "swin_")
AUXILIARY = {"googlenet": {"aux_logits": False}, "inception_v3": {"aux_logits": False}}


@dataclass(frozen=True)
class TorchvisionNetwork(Published):
    """A network of torchvision with a head for the given classes; for other than colour images its first layer is new.

    Weights are drawn as torchvision draws them. Deviations: the auxiliary heads of googlenet and inception_v3 are off,
    and neither converts its input from ImageNet's normalisation to its own.
    """

    @property
    def name(self) -> str:
        """`torchvision/NAME`."""
        return f"{PREFIX}{self.member}"

    def network(self, shape: Shape, classes: int) -> nn.Module:
        """See `Architecture.network`.

        Raises:
            ModelError: torchvision cannot build it for images of this size.
        """
        keywords: dict[str, Any] = dict(AUXILIARY.get(self.member, ()))
        if self.member in AUXILIARY:
            keywords |= {"init_weights": True, "transform_input": False}
        if self.member in PATCHES:
            keywords["image_size"] = require_square(self.name, shape, PATCHES[self.member])
        elif self.member == "maxvit_t":
            keywords["input_size"] = (require_square(self.name, shape, MAXVIT_SIDE),) * 2
        elif not self.member.startswith(ANY_SIZE):
            require_size(self.name, shape, self._least())
        network: nn.Module = _torchvision().get_model(self.member, weights=None, num_classes=classes, **keywords)
        adapt_channels(network, shape[0])
        return network

    @classmethod
    def weights(cls) -> Sequence[str]:
        """See `Published.weights`; excludes DEFAULT, which is an alias that changes between versions."""
        return [each.name for each in _torchvision().get_model_weights(cls.member)]

    @classmethod
    def normalization(cls, weights: str) -> tuple[Sequence[float], Sequence[float]] | None:
        """See `Published.normalization`: as the transforms of the weights have it."""
        transforms = _torchvision().get_model_weights(cls.member)[weights].transforms()
        return list(transforms.mean), list(transforms.std)

    @classmethod
    def published(cls, weights: str) -> Mapping[str, Tensor]:
        """See `Published.published`; without auxiliary heads."""
        keywords = AUXILIARY.get(cls.member, {})
        network: nn.Module = _torchvision().get_model(cls.member, weights=weights, progress=False, **keywords)
        return network.state_dict()

    @classmethod
    def resized(cls, state: Mapping[str, Tensor], network: nn.Module) -> Mapping[str, Tensor]:
        """See `Architecture.resized`."""
        return resize_position_embeddings(state, network) if cls.member in PATCHES else state

    def _least(self) -> int:
        """Returns the smallest side in pixels, which torchvision states with its weights."""
        return max(int(max(each.meta["min_size"])) for each in _torchvision().get_model_weights(self.member))


def members() -> list[str]:
    """Returns the full names of the networks of the installed torchvision."""
    torchvision = _torchvision()
    return [f"{PREFIX}{name}" for name in torchvision.list_models(module=torchvision)]


@MODELS.register_family(f"{PREFIX}*", members, "any classification network of torchvision, by its name there")
def architecture(name: str) -> type[Architecture]:
    """Returns the architecture for a full name."""
    member = name.removeprefix(PREFIX)
    attributes = {"__doc__": f"torchvision's {member}", "library": "torchvision", "member": member}
    return type(name, (TorchvisionNetwork,), attributes)


def _torchvision() -> ModuleType:
    """Imports torchvision's models, which takes a second that most experiments do not need."""
    import torchvision.models

    return torchvision.models  # type: ignore[no-any-return]  # torchvision is untyped
