"""Mutated inputs of each kind for `FUZZ_SECONDS`: nothing that the fuzzer checks may be violated.

`FUZZ_SEED=N` tries others; `tests/fuzzing/fuzz.py` tries more and repeats one.
"""

import itertools
import os
import time

import pytest

from tests.fuzzing.campaign import Campaign
from tests.fuzzing.fuzz import SEED
from tests.fuzzing.kinds import KINDS
from tests.fuzzing.reporting import report

SECONDS = float(os.environ.get("FUZZ_SECONDS", "0"))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Duplicate name")  # of an archive that is made wrong on purpose
@pytest.mark.skipif(not SECONDS, reason="FUZZ_SECONDS is not set")
@pytest.mark.parametrize("name", KINDS)
def test_no_mutated_input_breaks_what_every_answer_must_hold(name, tmp_path, record_property):
    seed = int(os.environ.get("FUZZ_SEED", SEED))
    with Campaign(KINDS[name], seed, tmp_path) as campaign:
        sound = [each for number in range(3) for _, _, found in campaign.sound(number) for each in found]
        start = time.monotonic()
        tally = campaign.run(itertools.count(), start + SECONDS)
    record_property("summary", f"fuzzing {name}: seed {seed}, {tally.inputs} inputs, {tally.commands} commands")
    assert sound == []
    assert tally.findings == [], report({name: tally}, seed, time.monotonic() - start)
    assert tally.inputs >= 10
