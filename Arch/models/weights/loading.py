"""Loads state dicts into networks, also where the head, the first convolution or the image size differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor, nn

from Arch.errors import ModelError
from Arch.models.architecture import Architecture
from Arch.models.imodel import IModel
from Arch.models.weights.files import State

PREFIXES = ("module.", "model.", "net.", "network.", "backbone.", "_orig_mod.")
COUNTER = "num_batches_tracked"  # BatchNorm's, which old files lack; it matters only where momentum is None
LONGEST = 20  # lines of a list of what does not fit


@dataclass(frozen=True)
class Fit:
    """How far weights fitted a network.

    Attributes:
        taken: names of the parameters and buffers that were taken over.
        fresh: names of those that start afresh, as drawn.
        left_out: names of given tensors that the network has no use for: another head.
        resized: names of what was taken over in another size: what belongs to an image size.
    """

    taken: frozenset[str]
    fresh: tuple[str, ...]
    left_out: tuple[str, ...]
    resized: tuple[str, ...]


def begin_from(model: IModel, architecture: Architecture, state: State, source: str) -> Fit:
    """Lets a network begin from others' weights; the head and the first convolution stay as drawn where shapes differ.

    Args:
        model: changed in place.
        architecture: what the network was made from.
        state: the weights, under the network's own names or its aliases, or with one of `PREFIXES` before them.
        source: what messages call the weights.

    Raises:
        ModelError: anything else is missing, too much or of another shape; every such key is listed.
    """
    own = model.network.state_dict()
    named = _renamed(state, own, architecture.aliases, source)
    given = architecture.resized(named, model.network)
    free = _free_modules(model, architecture)
    differing = [key for key in own if key not in given or given[key].shape != own[key].shape]
    fresh = [key for key in differing if _is_within(key, free)]
    unexpected = [key for key in given if key not in own]
    has_our_head = any(_is_within(key, heads(model)) for key in given)
    theirs = [] if has_our_head else [key.rpartition(".")[0] for key in list(given)[-1:]]
    left_out = [key for key in unexpected if _is_within(key, theirs)]
    counters = [key for key in differing if key.endswith(COUNTER) and key not in given]
    faults = [_difference(key, own, given) for key in differing if key not in fresh and key not in counters]
    faults += [f"unexpected {key}" for key in unexpected if key not in left_out]
    _refuse(faults, source, model.name)
    taken = {key: given[key] for key in own if key not in differing}
    try:
        model.network.load_state_dict(taken, strict=False)
    except RuntimeError as error:
        raise ModelError(
            f"the weights {source} hold tensors that are not dense, or not of plain numbers, which {model.name} cannot "
            "take over: save them as dense ones."
        ) from error
    resized = (key for key in taken if key in named and named[key].shape != taken[key].shape)
    return Fit(frozenset(taken), tuple(fresh), tuple(left_out), tuple(resized))


def load_whole(model: IModel, architecture: Architecture, state: State, source: str) -> None:
    """Loads weights of which nothing may be missing or left over; position embeddings may be of another image size.

    Raises:
        ModelError: they do not fit, be it the head or the first convolution alone.
    """
    fit, free = begin_from(model, architecture, state, source), _free_modules(model, architecture)
    lacking = (*fit.fresh, *fit.left_out, *(key for key in fit.resized if _is_within(key, free)))
    if lacking:
        raise ModelError(
            f"the weights {source} are not those of {model.name} for images of shape {model.shape} and {model.classes} "
            f"classes: they do not fit {', '.join(lacking)}. Take weights that were trained for these data."
        )


def heads(model: IModel) -> tuple[str, ...]:
    """The names of the modules that make logits: the last linear layer, or the last convolution."""
    inside = set(model.head.parameters()) if model.is_cut else set(model.network.parameters())
    found = [name for name, each in model.network.named_modules() if _gives(each, model.classes, inside)]
    return tuple(found if model.is_cut else found[-1:])


def _gives(module: nn.Module, classes: int, inside: set[nn.Parameter]) -> bool:
    width = module.out_features if isinstance(module, nn.Linear) else getattr(module, "out_channels", None)
    return isinstance(module, nn.Linear | nn.Conv2d) and width == classes and module.weight in inside


def _free_modules(model: IModel, architecture: Architecture) -> tuple[str, ...]:
    """The names of the modules that may differ from those that the weights were made for."""
    convolutions = (name for name, each in model.network.named_modules() if isinstance(each, nn.Conv2d))
    first = next(convolutions, None)
    return (*heads(model), *architecture.fresh, *(() if first is None else (first,)))


def _is_within(key: str, modules: Sequence[str]) -> bool:
    return any(key.startswith(f"{module}.") for module in modules)


def _renamed(state: State, own: State, aliases: Mapping[str, str], source: str) -> dict[str, Tensor]:
    """The state under the network's own names, where prefixes stand before them or other words within."""
    renamed: dict[str, Tensor] = {}
    for key, tensor in state.items():
        name = _bare(".".join(aliases.get(word, word) for word in key.split(".")), own)
        if name in renamed:
            raise ModelError(f"the weights {source} hold {name} twice, once as {key}. Keep one of them.")
        renamed[name] = tensor
    return renamed


def _bare(key: str, own: State) -> str:
    name = key
    while name not in own:
        prefix = next((each for each in PREFIXES if name.startswith(each)), None)
        if prefix is None:
            return name
        name = name.removeprefix(prefix)
    return name


def _difference(key: str, own: State, given: State) -> str:
    if key not in given:
        return f"missing {key}"
    return f"{key} has the shape {tuple(given[key].shape)}, not {tuple(own[key].shape)}"


def _refuse(faults: Sequence[str], source: str, name: str) -> None:
    if faults:
        more = [f"... and {len(faults) - LONGEST} more"] if len(faults) > LONGEST else []
        raise ModelError("\n  ".join([f"the weights {source} do not fit {name}:", *faults[:LONGEST], *more]))
