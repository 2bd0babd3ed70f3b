"""Any network of timm, as `timm/NAME`, where the extra `[timm]` is installed."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from Arch.errors import ModelError
from Arch.models import MODELS
from Arch.models.architecture import Architecture, Shape
from Arch.models.architectures.published import Published

PREFIX = "timm/"


@dataclass(frozen=True)
class TimmNetwork(Published):
    """A network of timm, built by timm for the given channels, classes and, where it has a fixed one, image size.

    Weights are drawn as timm draws them.
    """

    def network(self, shape: Shape, classes: int) -> nn.Module:
        """See `Architecture.network`.

        Raises:
            ModelError: timm is not installed, or cannot build it for images of this shape.
        """
        timm = _timm()
        size = {"img_size": shape[1:]} if _is_of_one_size(self.member) else {}
        try:
            network: nn.Module = timm.create_model(
                self.member, pretrained=False, num_classes=classes, in_chans=shape[0], **size
            )
            _try(network, shape)
        except (AssertionError, RuntimeError, TypeError, ValueError, ZeroDivisionError) as error:
            raise ModelError(f"timm cannot build {PREFIX}{self.member} for images of shape {shape}: {error}") from error
        return network

    @classmethod
    def weights(cls) -> Sequence[str]:
        """See `Published.weights`: timm's tags, such as `a1_in1k`."""
        tags = _timm().models.get_arch_pretrained_cfgs(cls.member)
        return [name.partition(".")[2] for name, each in tags.items() if "." in name and each.has_weights]

    @classmethod
    def normalization(cls, weights: str) -> tuple[Sequence[float], Sequence[float]] | None:
        """See `Published.normalization`: as timm's record of the weights has it."""
        stated = _timm().get_pretrained_cfg(f"{cls.member}.{weights}")
        return list(stated.mean), list(stated.std)

    @classmethod
    def published(cls, weights: str) -> Mapping[str, Tensor]:
        """See `Published.published`."""
        network: nn.Module = _timm().create_model(f"{cls.member}.{weights}", pretrained=True)
        return network.state_dict()

    @classmethod
    def resized(cls, state: Mapping[str, Tensor], network: nn.Module) -> Mapping[str, Tensor]:
        """See `Architecture.resized`; timm's own checkpoint filters resample."""
        adapt = getattr(sys.modules[type(network).__module__], "checkpoint_filter_fn", None)
        if adapt is None or not _is_of_one_size(cls.member):
            return state
        return adapt(dict(state), network)  # type: ignore[no-any-return]  # untyped


def members() -> list[str]:
    """Returns the full names of the networks of the installed timm; raises ModelError if timm is not installed."""
    return [f"{PREFIX}{name}" for name in _timm().list_models()]


@MODELS.register_family(f"{PREFIX}*", members, "any network of timm, by its name there; needs the extra [timm]")
def architecture(name: str) -> type[Architecture]:
    """Returns the architecture for a full name."""
    member = name.removeprefix(PREFIX)
    return type(name, (TimmNetwork,), {"__doc__": f"timm's {member}", "library": "timm", "member": member})


def _try(network: nn.Module, shape: Shape) -> None:
    """Runs a network on one image: many of timm's reject a size only then."""
    image = next(network.parameters()).new_zeros((1, *shape))
    with torch.no_grad():
        network.eval()(image)
    network.train()


def _is_of_one_size(member: str) -> bool:
    """Returns whether the network must be built for its image size."""
    return bool(_timm().get_pretrained_cfg(member).fixed_input_size)


def _timm() -> Any:
    """Imports timm, which is an optional extra and takes seconds.

    Raises:
        ModelError: timm is not installed.
    """
    try:
        return importlib.import_module("timm")
    except ModuleNotFoundError as error:
        raise ModelError(
            f"networks named {PREFIX}NAME need timm, which is not installed: pip install 'arch-kd[timm]', or in the "
            "repository pip install -e '.[timm]'."
        ) from error
