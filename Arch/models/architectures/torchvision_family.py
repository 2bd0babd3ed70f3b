"""Any classification network of torchvision, as `torchvision/NAME`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from torch import Tensor, nn

from Arch.models import MODELS
from Arch.models.architecture import Architecture, Shape
from Arch.models.architectures.published import Published, places_resized, read_channels, require_size, require_square

PREFIX = "torchvision/"
# The vision transformers' patches; torchvision builds them for one size of square images.
PATCHES = {"vit_b_16": 16, "vit_b_32": 32, "vit_l_16": 16, "vit_l_32": 32, "vit_h_14": 14}
MAXVIT_SIDE = 224  # maxvit_t's windows of 7 fit what is left of 224 pixels, or a multiple, after four halvings
# What is trained at 224 pixels and up, but reads less: torchvision states the size that it was trained at.
ANY_SIZE = (*PATCHES, "maxvit_t", "swin_")
AUXILIARY = {"googlenet": {"aux_logits": False}, "inception_v3": {"aux_logits": False}}


@dataclass(frozen=True)
class TorchvisionNetwork(Published):
    """A network of torchvision with its head for our classes; where images are not coloured, its first layer is new.

    Weights are drawn as torchvision draws them. Deviations: the auxiliary heads of googlenet and inception_v3 are off,
    and neither shifts its input from ImageNet's normalisation to its own.
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
        read_channels(network, shape[0])
        return network

    @classmethod
    def weights(cls) -> Sequence[str]:
        """See `Published.weights`; DEFAULT, which is another name in another version, is not among them."""
        return [each.name for each in _torchvision().get_model_weights(cls.member)]

    @classmethod
    def published(cls, weights: str) -> Mapping[str, Tensor]:
        """See `Published.published`; without auxiliary heads."""
        keywords = AUXILIARY.get(cls.member, {})
        network: nn.Module = _torchvision().get_model(cls.member, weights=weights, progress=False, **keywords)
        return network.state_dict()

    @classmethod
    def resized(cls, state: Mapping[str, Tensor], network: nn.Module) -> Mapping[str, Tensor]:
        """See `Architecture.resized`."""
        return places_resized(state, network) if cls.member in PATCHES else state

    def _least(self) -> int:
        """The smallest side in pixels, which torchvision states with its weights."""
        return max(int(max(each.meta["min_size"])) for each in _torchvision().get_model_weights(self.member))


def members() -> list[str]:
    """The whole names of the networks that this torchvision has."""
    torchvision = _torchvision()
    return [f"{PREFIX}{name}" for name in torchvision.list_models(module=torchvision)]


@MODELS.register_family(f"{PREFIX}*", members, "any classification network of torchvision, by its name there")
def architecture(name: str) -> type[Architecture]:
    """The architecture of a member's whole name."""
    member = name.removeprefix(PREFIX)
    facts = {"__doc__": f"torchvision's {member}", "library": "torchvision", "member": member}
    return type(name, (TorchvisionNetwork,), facts)


def _torchvision() -> ModuleType:
    """Torchvision's models, which take a second to import that most experiments need not spend."""
    import torchvision.models

    return torchvision.models  # type: ignore[no-any-return]  # torchvision is untyped
