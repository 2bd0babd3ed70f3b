"""KD_wo_CE's vision transformers: small patches for small images."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from Arch.errors import ModelError
from Arch.models import MODELS
from Arch.models.architecture import Architecture, Shape
from Arch.models.architectures.published import resize_position_embeddings

EPSILON = 1e-6
KERNEL = "conv_proj.weight"
LARGEST_PATCH, PATCHES = 16, 8

# name -> blocks, heads, width, hidden units of a block's perceptron, parameters for 10 classes and 32x32 colour images
TABLE: Mapping[str, tuple[int, int, int, int, int]] = {
    "ViT_ETTT": (8, 4, 128, 384, 1_339_274),
    "ViT_ETTTL": (16, 4, 128, 384, 2_662_282),
    "ViT_ETT": (8, 6, 192, 576, 2_991_946),
    "ViT_ETTL": (16, 6, 192, 576, 5_959_498),
    "ViT_ET": (8, 8, 256, 768, 5_299_978),
    "ViT_ETL": (16, 8, 256, 768, 10_567_434),
    "ViT_T": (8, 8, 384, 1024, 11_094_666),
    "ViT_S": (12, 12, 576, 2304, 47_938_762),
    "ViT_B": (12, 12, 768, 3072, 85_152_010),
}


@dataclass(frozen=True)
class VisionTransformer(Architecture):
    """Patches and a class token, position embeddings, blocks of attention and a perceptron, LayerNorm, a linear head.

    The head starts at zero. Patches have a side of 4 pixels in images of 32, 8 in 64 and 16 in 224: the largest power
    of two up to 16 that leaves at least 8 patches along the shorter side, or one pixel. Source: Dosovitskiy et al.,
    ICLR 2021 (arXiv 2010.11929), section 3.1, in KD_wo_CE's sizes, with torchvision's names and initialisation.

    Attributes:
        avg_tokens: whether the head reads the mean of all tokens, including the class token, rather than the class
            token.
    """

    depth: ClassVar[int]
    heads: ClassVar[int]
    width: ClassVar[int]
    hidden: ClassVar[int]

    avg_tokens: bool = True

    def network(self, shape: Shape, classes: int) -> nn.Module:
        """See `Architecture.network`; `heads.head` reads `width` features.

        Raises:
            ModelError: the patch size does not divide the image size.
        """
        patch = patch_size(shape)
        if shape[1] % patch or shape[2] % patch:
            raise ModelError(
                f"{type(self).__name__} cuts images of {shape[1]}x{shape[2]} pixels into patches of {patch}x{patch}, "
                "which do not fill them: set DownSample."
            )
        tokens = 1 + (shape[1] // patch) * (shape[2] // patch)
        blocks = [Block(self.width, self.heads, self.hidden) for _ in range(self.depth)]
        return Network(
            nn.Conv2d(shape[0], self.width, patch, patch),
            Encoder(tokens, self.width, blocks),
            classes,
            averages=self.avg_tokens,
        )

    @classmethod
    def resized(cls, state: Mapping[str, Tensor], network: nn.Module) -> Mapping[str, Tensor]:
        """See `Architecture.resized`; kernels of larger patches are averaged over squares, as KD_wo_CE does.

        Deviation: position embeddings are interpolated bicubically, and the class token's is the first, where KD_wo_CE
        takes
        the last.
        """
        state, own = dict(resize_position_embeddings(state, network)), network.get_parameter(KERNEL)
        given = state.get(KERNEL)
        if given is not None and given.ndim == own.ndim and given.shape[-1] > own.shape[-1]:
            state[KERNEL] = F.avg_pool2d(given, given.shape[-1] // own.shape[-1])
        return state


def patch_size(shape: Shape) -> int:
    """Returns the side of a patch in pixels, for images of a shape (C, H, W); see `VisionTransformer`."""
    most = min(LARGEST_PATCH, min(shape[1:]) // PATCHES)
    return 1 << (most.bit_length() - 1) if most else 1


def standard_layers(depth: int) -> tuple[int, ...]:
    """Returns the tokens, the blocks at 1/8, 3/8, 5/8 and 7/8 of the depth (halves round to even), the last."""
    return (0, *(round(depth * eighth / 8) for eighth in (1, 3, 5, 7)), depth)


class Network(nn.Module):
    """The whole transformer."""

    def __init__(self, patches: nn.Conv2d, encoder: Encoder, classes: int, *, averages: bool) -> None:
        super().__init__()
        width = patches.out_channels
        self.averages = averages
        self.class_token = nn.Parameter(torch.zeros(1, 1, width))
        self.conv_proj = patches
        self.encoder = encoder
        head = nn.Linear(width, classes)
        self.heads = nn.Sequential(OrderedDict(head=head))
        fan_in = patches.in_channels * math.prod(patches.kernel_size)
        nn.init.trunc_normal_(patches.weight, std=math.sqrt(1 / fan_in))
        for zero in (patches.bias, head.weight, head.bias):
            nn.init.zeros_(zero)  # type: ignore[arg-type]  # the layers have biases

    def forward(self, x: Tensor) -> Tensor:
        """Returns logits `(B, K)` of images `(B, C, H, W)`."""
        tokens = self.conv_proj(x).flatten(2).transpose(1, 2)
        class_token = self.class_token.expand(x.shape[0], -1, -1)
        tokens = self.encoder(torch.cat([class_token, tokens], dim=1))
        chosen = tokens.mean(dim=1) if self.averages else tokens[:, 0]
        return self.heads(chosen)  # type: ignore[no-any-return]  # nn.Module's calls are untyped


class Encoder(nn.Module):
    """Adds the position embeddings, runs the blocks, and normalises."""

    def __init__(self, tokens: int, width: int, blocks: list[Block]) -> None:
        super().__init__()
        self.pos_embedding = nn.Parameter(torch.empty(1, tokens, width).normal_(std=0.02))
        self.layers = nn.Sequential(
            OrderedDict((f"encoder_layer_{number}", block) for number, block in enumerate(blocks))
        )
        self.ln = nn.LayerNorm(width, eps=EPSILON)

    def forward(self, x: Tensor) -> Tensor:
        """Maps tokens `(B, T, D)` to tokens `(B, T, D)`; `x` is not modified."""
        return self.ln(self.layers(x + self.pos_embedding))  # type: ignore[no-any-return]  # untyped


class Block(nn.Module):
    """Computes x + attention(norm(x)), then the same with a perceptron of one hidden layer."""

    def __init__(self, width: int, heads: int, hidden: int) -> None:
        super().__init__()
        self.ln_1 = nn.LayerNorm(width, eps=EPSILON)
        self.self_attention = SelfAttention(width, heads)
        self.ln_2 = nn.LayerNorm(width, eps=EPSILON)
        into, out = nn.Linear(width, hidden), nn.Linear(hidden, width)
        self.mlp = nn.Sequential(OrderedDict({"0": into, "1": nn.GELU(), "3": out}))  # torchvision's names
        for linear in (into, out):
            nn.init.xavier_uniform_(linear.weight)
            nn.init.normal_(linear.bias, std=1e-6)

    def forward(self, x: Tensor) -> Tensor:
        """Maps tokens `(B, T, D)` to tokens `(B, T, D)`; `x` is not modified."""
        x = x + self.self_attention(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))  # type: ignore[no-any-return]  # nn.Module's calls are untyped


class SelfAttention(nn.Module):
    """Computes softmax(Q K^T / sqrt(D / heads)) V for each head, followed by a linear layer.

    Source: Vaswani et al., NeurIPS 2017 (arXiv 1706.03762), section 3.2.2; names and initialisation are those of
    torch's `MultiheadAttention`.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.in_proj_weight = nn.Parameter(torch.empty(3 * width, width))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * width))
        self.out_proj = nn.Linear(width, width)
        nn.init.xavier_uniform_(self.in_proj_weight)
        nn.init.zeros_(self.out_proj.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Maps tokens `(B, T, D)` to tokens `(B, T, D)`."""
        projected = F.linear(x, self.in_proj_weight, self.in_proj_bias)
        parts: Tensor = projected.unflatten(-1, (3, self.heads, -1))  # type: ignore[no-untyped-call]  # untyped
        query, key, value = parts.permute(2, 0, 3, 1, 4).unbind()
        mixed = F.scaled_dot_product_attention(query, key, value)
        return self.out_proj(mixed.transpose(1, 2).flatten(2))  # type: ignore[no-any-return]  # untyped


for _name, (_depth, _heads, _width, _hidden, _parameters) in TABLE.items():
    _about = (
        f"Vision transformer of {_depth} blocks, {_width} wide, {_heads} heads: {_parameters:,} parameters "
        "(10 classes, 32 pixels)"
    )
    _attributes = {
        "depth": _depth,
        "heads": _heads,
        "width": _width,
        "hidden": _hidden,
        "standard_layers": standard_layers(_depth),
    }
    MODELS.register(_name, _about)(type(_name, (VisionTransformer,), _attributes))
