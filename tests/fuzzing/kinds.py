"""The kinds of inputs by name."""

from __future__ import annotations

from collections.abc import Mapping

from tests.fuzzing.archives import ARCHIVES
from tests.fuzzing.configs import CONFIGS
from tests.fuzzing.kind import Kind
from tests.fuzzing.records import RECORDS
from tests.fuzzing.servers import SERVERS
from tests.fuzzing.weights import WEIGHTS

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in (CONFIGS, RECORDS, WEIGHTS, ARCHIVES, SERVERS)}
