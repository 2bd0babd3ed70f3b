"""The entries of foreign networks: they describe the network, and have no runs."""

from __future__ import annotations

from Arch.cache.entry import Entry
from Arch.config.foreign import PLACE, ForeignNetwork


def open_network(entry: Entry, network: ForeignNetwork) -> None:
    """Creates the entry of a foreign network unless it exists, and updates the recorded path of its weights, if any.

    Raises:
        CacheError: the existing entry is of something else; DiskError: the cache cannot be written.
    """
    entry.open(network)
    entry.record({key: each for key, each in network.document().items() if key == PLACE})
