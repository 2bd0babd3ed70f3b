"""Keeps a wrapper's own prefix out of state dicts."""

from __future__ import annotations

from functools import partial
from typing import Any

from torch import nn


def hide_in_state_dict(wrapper: nn.Module, child: str) -> None:
    """Removes the name of a wrapper's one child from the keys of its state dict, when saving and when loading."""
    wrapper.register_state_dict_post_hook(partial(_drop, f"{child}."))  # type: ignore[no-untyped-call]  # torch's
    wrapper.register_load_state_dict_pre_hook(partial(_add, f"{child}."))  # type: ignore[no-untyped-call]  # torch's


def _drop(child: str, _wrapper: nn.Module, state: dict[str, Any], prefix: str, _metadata: dict[str, Any]) -> None:
    _rename(state, prefix + child, prefix)


def _add(child: str, _wrapper: nn.Module, state: dict[str, Any], prefix: str, *_: object) -> None:
    _rename(state, prefix, prefix + child)


def _rename(state: dict[str, Any], old: str, new: str) -> None:
    for key in [key for key in state if key.startswith(old)]:
        state[new + key.removeprefix(old)] = state.pop(key)
