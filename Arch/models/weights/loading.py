"""Loads state dicts into networks, also where the head, the first convolution or the image size differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from Arch.errors import ModelError
from Arch.models.architecture import Architecture
from Arch.models.graph.values import first_sentence
from Arch.models.imodel import IModel
from Arch.models.weights.files import State
from Arch.models.weights.finite import require_finite

PREFIXES = ("module.", "model.", "net.", "network.", "backbone.", "_orig_mod.")
COUNTER = "num_batches_tracked"  # BatchNorm's counter, which old files lack; used only if momentum is None
MAX_LISTED = 20  # at most so many mismatches are listed


@dataclass(frozen=True)
class LoadReport:
    """The weights that were loaded into a network.

    Attributes:
        taken: names of the parameters and buffers that were loaded.
        fresh: names of those that keep their random initialisation.
        left_out: names of given tensors that were not used, because they belong to another head.
        resized: names of those that were loaded after resampling for another image size.
    """

    taken: frozenset[str]
    fresh: tuple[str, ...]
    left_out: tuple[str, ...]
    resized: tuple[str, ...]


def warm_start(model: IModel, architecture: Architecture, state: State, source: str) -> LoadReport:
    """Initialises a network from given weights; the head and the first convolution stay random where shapes differ.

    Args:
        model: changed in place.
        architecture: the architecture that built the network.
        state: the weights, under the network's own names or its aliases, optionally after one of `PREFIXES`.
        source: how messages name the weights.

    Raises:
        ModelError: another tensor is missing, unexpected or of another shape, or one holds another kind of numbers; all
            such keys are listed.
        NonFiniteWeightsError: a tensor that would be loaded contains NaN or infinities.
    """
    own = model.network.state_dict()
    named = _renamed(state, own, architecture.aliases, source)
    given = _resized(architecture, named, model, source)
    _require_no_mismatch(_of_other_kinds(own, given), source, model.name)
    free = _free_modules(model, architecture)
    differing = [key for key in own if key not in given or given[key].shape != own[key].shape]
    fresh = [key for key in differing if _is_in(key, free)]
    unexpected = [key for key in given if key not in own]
    has_own_head = any(_is_in(key, head_names(model)) for key in given)
    foreign_head = [] if has_own_head else [key.rpartition(".")[0] for key in list(given)[-1:]]
    left_out = [key for key in unexpected if _is_in(key, foreign_head)]
    counters = [key for key in differing if key.endswith(COUNTER) and key not in given]
    mismatches = [_difference(key, own, given) for key in differing if key not in fresh and key not in counters]
    mismatches += [f"unexpected {key}" for key in unexpected if key not in left_out]
    _require_no_mismatch(mismatches, source, model.name)
    taken = {key: given[key] for key in own if key not in differing}
    _load(model, taken, source)
    resized = (key for key in taken if key in named and named[key].shape != taken[key].shape)
    return LoadReport(frozenset(taken), tuple(fresh), tuple(left_out), tuple(resized))


def _load(model: IModel, taken: State, source: str) -> None:
    """Loads tensors under the network's own names, and checks that they are finite and kept as they are."""
    try:
        model.network.load_state_dict(taken, strict=False)
    except RuntimeError as error:
        raise ModelError(
            f"the weights {source} hold sparse or quantised tensors, which {model.name} cannot load: save them as "
            "dense floating-point ones."
        ) from error
    require_finite(taken, source)
    _require_kept(model, taken, source)


def _require_kept(model: IModel, taken: State, source: str) -> None:
    """Raises ModelError unless the network now has the values that it was given."""
    own = model.network.state_dict()
    changed = [key for key, given in taken.items() if not _is_equal(own[key], given)]
    if changed:
        raise ModelError(
            f"{model.name} does not keep the values that the weights {source} give for {', '.join(changed)}: it has "
            "one tensor under several names, for which the weights give different values, or its own code changes them."
        )


def _is_equal(own: Tensor, given: Tensor) -> bool:
    given = given.to(own)
    return torch.equal(own, given) or torch.allclose(own, given, rtol=0, atol=0, equal_nan=True)


def load_exactly(model: IModel, architecture: Architecture, state: State, source: str) -> None:
    """Loads weights that must match completely; position embeddings may be of another image size.

    Raises:
        ModelError: the weights do not match, even if only in the head or in the first convolution.
    """
    report, free = warm_start(model, architecture, state, source), _free_modules(model, architecture)
    lacking = (*report.fresh, *report.left_out, *(key for key in report.resized if _is_in(key, free)))
    if lacking:
        raise ModelError(
            f"the weights {source} are not those of {model.name} for images of shape {model.shape} and {model.classes} "
            f"classes: they do not fit {', '.join(lacking)}. Use weights that were trained for such data."
        )


def logits_in(model: IModel, architecture: Architecture, state: State, source: str) -> int | None:
    """Returns the number of logits that weights were made for, by the shape of their head; None if they have none.

    Args:
        model: the network of the architecture with any number of logits.
        architecture: the architecture that built the network.
        state: the weights, named as for `warm_start`.
        source: how messages name the weights.

    Raises:
        ModelError: two of the weights have one name.
    """
    named = _renamed(state, model.network.state_dict(), architecture.aliases, source)
    found = [named[f"{head}.weight"] for head in head_names(model) if f"{head}.weight" in named]
    return len(found[0]) if found and found[0].numel() and found[0].ndim else None


def head_names(model: IModel) -> tuple[str, ...]:
    """Returns the names of the modules that compute logits: the last linear layer, or the last convolution."""
    inside = set(model.head.parameters()) if model.is_cut else set(model.network.parameters())
    found = [name for name, each in model.network.named_modules() if _outputs_logits(each, model.classes, inside)]
    return tuple(found if model.is_cut else found[-1:])


def _outputs_logits(module: nn.Module, classes: int, inside: set[nn.Parameter]) -> bool:
    width = module.out_features if isinstance(module, nn.Linear) else getattr(module, "out_channels", None)
    return isinstance(module, nn.Linear | nn.Conv2d) and width == classes and module.weight in inside


def _free_modules(model: IModel, architecture: Architecture) -> tuple[str, ...]:
    """Returns the names of the modules whose shapes may differ from the given weights."""
    convolutions = (name for name, each in model.network.named_modules() if isinstance(each, nn.Conv2d))
    first = next(convolutions, None)
    return (*head_names(model), *architecture.fresh, *(() if first is None else (first,)))


def _is_in(key: str, modules: Sequence[str]) -> bool:
    return any(key.startswith(f"{module}.") for module in modules)


def _renamed(state: State, own: State, aliases: Mapping[str, str], source: str) -> dict[str, Tensor]:
    """Returns the state under the network's own names, with prefixes removed and aliases replaced."""
    renamed: dict[str, Tensor] = {}
    for key, tensor in state.items():
        name = _without_prefixes(".".join(aliases.get(part, part) for part in key.split(".")), own)
        if name in renamed:
            raise ModelError(f"the weights {source} hold {name} twice, once as {key}. Keep one of them.")
        renamed[name] = tensor
    return renamed


def _without_prefixes(key: str, own: State) -> str:
    name = key
    while name not in own:
        prefix = next((each for each in PREFIXES if name.startswith(each)), None)
        if prefix is None:
            return name
        name = name.removeprefix(prefix)
    return name


def _of_other_kinds(own: State, given: State) -> list[str]:
    """Lists the weights that are not floating-point numbers where the network has such; counters may be any numbers."""
    return [
        f"{key} holds {given[key].dtype} values, not {each.dtype}"
        for key, each in own.items()
        if key in given
        and (
            given[key].is_complex() != each.is_complex()
            or (each.is_floating_point() and not given[key].is_floating_point())
        )
    ]


def _resized(architecture: Architecture, state: State, model: IModel, source: str) -> State:
    try:
        return architecture.resized(state, model.network)
    except Exception as error:  # libraries' own code computes with foreign shapes
        raise ModelError(
            f"the weights {source} cannot be resampled for {model.name} and images of shape {model.shape}: "
            f"{first_sentence(error)}."
        ) from error


def _difference(key: str, own: State, given: State) -> str:
    if key not in given:
        return f"missing {key}"
    return f"{key} has the shape {tuple(given[key].shape)}, not {tuple(own[key].shape)}"


def _require_no_mismatch(mismatches: Sequence[str], source: str, name: str) -> None:
    if mismatches:
        more = [f"... and {len(mismatches) - MAX_LISTED} more"] if len(mismatches) > MAX_LISTED else []
        raise ModelError("\n  ".join([f"the weights {source} do not fit {name}:", *mismatches[:MAX_LISTED], *more]))
