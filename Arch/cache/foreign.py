"""The entries of networks from elsewhere: they say what the network is, and have no runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from Arch import files
from Arch.cache.layout import CONFIG
from Arch.config.foreign import PLACE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from Arch.cache.entry import Entry
    from Arch.config.foreign import ForeignNetwork


def open_network(entry: Entry, network: ForeignNetwork) -> None:
    """Makes the entry of a network unless it is there, and brings the place of a file of weights up to date.

    Raises:
        CacheError: the cache cannot be written, or what is there is something else.
    """
    entry.open(network)
    note(entry, {key: each for key, each in network.document().items() if key == PLACE})


def note(entry: Entry, facts: Mapping[str, Any]) -> None:
    """Adds to an entry's Config.json what is no part of the network's identity; raises as `open_network`."""
    document = entry.document()
    if any(document.get(key) != fact for key, fact in facts.items()):
        files.write_json(f"{entry.path}/{CONFIG}", {**document, **facts})
