"""Every executor fulfils the same contract."""

import pytest

from Arch.sweep.executors.local import LocalPool
from tests.sweep.conftest import STUB_COMMAND
from tests.sweep.executor_contract import *  # noqa: F403 - the tests themselves

EXECUTORS = {
    "local": lambda slots: LocalPool(slots, STUB_COMMAND),
}


@pytest.fixture(params=EXECUTORS)
def executor(request):
    """Makes executors, and closes them after the test."""
    made = []

    def make(slots):
        made.append(EXECUTORS[request.param](slots))
        return made[-1]

    yield make
    for each in made:
        each.close()
