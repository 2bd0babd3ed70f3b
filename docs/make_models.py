"""Writes models.md: into how many layers each network is cut, or why it is hooked. Takes some minutes."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from Arch.errors import ModelError
from Arch.models import MODELS
from Arch.models.overview import Overview, overview
from Arch.planning.workspace import Workspace

ROOT = Path(__file__).resolve().parents[1]
TIMM = (
    "beit_base_patch16_224", "convnextv2_atto", "deit_tiny_distilled_patch16_224", "eva02_tiny_patch14_224",
    "ghostnet_050", "hrnet_w18_small", "mixer_s32_224", "mobilevit_xxs", "nfnet_l0", "poolformer_s12", "pvt_v2_b0",
    "regnetx_002", "repvgg_a0", "resnet26d", "tiny_vit_5m_224", "vit_small_patch16_dinov3", "vit_tiny_patch16_224",
    "xcit_nano_12_p16_224",
)  # fmt: skip
SIZES = {
    "torchvision/inception_v3": 299,
    "torchvision/vit_h_14": 518,
    "timm/vit_small_patch16_dinov3": 256,
    "timm/mobilevit_xxs": 256,
}
INTRODUCTION = """# Networks as lines of layers

Made by `docs/make_models.py`. A network is cut after each non-linearity outside a block, each block and each
flattening, up to its last linear layer (or, without one, its last 1x1 convolution). *Layers* counts the generalized
layers; a network that cannot be cut is *hooked*: it trains, and its features can be asked for by number or by a name,
but it has no head, no backbone and no start. *Standard* are the layers that studies customarily use, or else the
last of each size. `python Scripts/main.py names models NAME` prints the line of one network.
"""


def main() -> int:
    """Writes the page."""
    resolver = Workspace.at().resolver

    def rows(names: Iterable[str], size: int, classes: int) -> Iterator[str]:
        for name in names:
            config = resolver.resolve({"Dataset": "CIFAR100F", "Model": name})
            side = SIZES.get(name, size)
            try:
                seen = overview(config.fill(MODELS[name], name), (3, side, side), classes, name=name)
            except ModelError as error:
                yield f"| {name} | | | | {error} |"
                continue
            yield _row(name, seen)

    parts = [
        INTRODUCTION,
        *_table("Networks of this project", "for 3x32x32 images and 100 classes", rows(MODELS, 32, 100)),
        *_table(
            "Networks of torchvision",
            "for 3x224x224 images and 1000 classes",
            rows(MODELS.members("torchvision/*"), 224, 1000),
        ),
        *_table(
            "Some networks of timm",
            "for 3x224x224 images and 1000 classes",
            rows((f"timm/{name}" for name in TIMM), 224, 1000),
        ),
    ]
    (ROOT / "docs" / "models.md").write_text("\n".join(parts), encoding="utf-8")
    return 0


def _table(title: str, what: str, rows: Iterable[str]) -> Iterator[str]:
    yield f"## {title}\n\n{title}, {what}.\n"
    yield "| network | parameters | layers | standard | |"
    yield "|---|---:|---:|---|---|"
    yield from rows
    yield ""


def _row(name: str, seen: Overview) -> str:
    how = "" if not seen.obstacle else f"hooked: {seen.obstacle}"
    standard = ", ".join(map(str, seen.standard))
    return f"| {name} | {seen.parameters:,} | {len(seen.layers)} | {standard} | {how} |"


if __name__ == "__main__":
    sys.exit(main())
