"""The networks of the logit-distance studies, `logitdist/NAME`: an embedding f(x) and logits g f(x) without a bias."""

from __future__ import annotations

import itertools
import math
from abc import abstractmethod
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from torch import nn

from Arch.errors import ModelError
from Arch.models import MODELS
from Arch.models.architecture import Architecture, Shape
from Arch.models.architectures.published import adapt_channels

PREFIX = "logitdist/"
DROPOUT = 0.1
# name -> widths of the hidden layers; the embedding's and the data's come from the config
PERCEPTRONS: Mapping[str, tuple[int, ...]] = {"mlp": (512, 512, 512), "shallow": (2048,)}
RESNETS = ("resnet18", "resnet34", "resnet50")


@dataclass(frozen=True)
class Embedding(Architecture):
    """A network whose last layer before the head is an embedding: `embedding` is f(x), `unembedding` is g.

    g is drawn as `torch.nn.init.xavier_uniform_` does. Source: bemigini/logit-distance-bounds-rep-sim (arXiv
    2602.15438), `models` and `backbones`. Deviations: the teachers there draw g as torch draws linear layers; the
    ResNets' 3x3 stem, which is built there but never used, is not built.

    Attributes:
        final_dim: d, the length of f(x).
    """

    final_dim: int

    def network(self, shape: Shape, classes: int) -> nn.Module:
        """See `Architecture.network`.

        Raises:
            ModelError: `final_dim` is less than 1.
        """
        if self.final_dim < 1:
            raise ModelError(f"FinalDim is the length of the embedding, at least 1, not {self.final_dim}.")
        unembedding = nn.Linear(self.final_dim, classes, bias=False)
        nn.init.xavier_uniform_(unembedding.weight)
        # Flattening leaves a vector unchanged but ends a generalized layer, so that f(x) can be captured.
        return nn.Sequential(
            OrderedDict({**self.encoder(shape), "embedding": nn.Flatten(), "unembedding": unembedding})
        )

    @abstractmethod
    def encoder(self, shape: Shape) -> Mapping[str, nn.Module]:
        """Returns the modules of f, in order."""


@dataclass(frozen=True)
class Perceptron(Embedding):
    """Flatten, hidden layers with ReLU and dropout 0.1, a linear layer to the embedding; weights as torch draws them.

    On 2 features with 2 numbers for the embedding the encoder of `logitdist/mlp` has 527,874 parameters, on 768 with
    10 that of `logitdist/shallow` 1,595,402.
    """

    widths: ClassVar[tuple[int, ...]]

    def encoder(self, shape: Shape) -> Mapping[str, nn.Module]:
        """See `Embedding.encoder`."""
        modules: dict[str, nn.Module] = {"flatten": nn.Flatten()}
        for number, widths in enumerate(itertools.pairwise((math.prod(shape), *self.widths)), start=1):
            modules[f"enc_block_{number}"] = nn.Linear(*widths)
            modules[f"relu{number}"] = nn.ReLU()
            modules[f"dropout{number}"] = nn.Dropout(DROPOUT)
        return modules | {"enc_final": nn.Linear(self.widths[-1], self.final_dim)}


@dataclass(frozen=True)
class EmbeddingResNet(Embedding):
    """torchvision's unchanged ResNet, with its 7x7 stem and max-pool; a linear layer to the embedding replaces `fc`.

    Weights of torchvision's network fit it: `linear` and `unembedding` then keep their random initialisation.
    """

    member: ClassVar[str]
    fresh: ClassVar[tuple[str, ...]] = ("linear",)

    def encoder(self, shape: Shape) -> Mapping[str, nn.Module]:
        """See `Embedding.encoder`."""
        import torchvision  # a slow import that most experiments do not need

        resnet: nn.Module = torchvision.models.get_model(self.member, weights=None, num_classes=self.final_dim)
        adapt_channels(resnet, shape[0])
        modules = dict(resnet.named_children())
        linear = modules.pop("fc")
        return modules | {"flatten": nn.Flatten(), "linear": linear}


for _name, _widths in PERCEPTRONS.items():
    _about = f"Perceptron with {'-'.join(map(str, _widths))} hidden units, an embedding and an unembedding"
    MODELS.register(f"{PREFIX}{_name}", _about)(type(f"{PREFIX}{_name}", (Perceptron,), {"widths": _widths}))
for _name in RESNETS:
    _about = f"torchvision's {_name} with an embedding and an unembedding"
    MODELS.register(f"{PREFIX}{_name}", _about)(type(f"{PREFIX}{_name}", (EmbeddingResNet,), {"member": _name}))
