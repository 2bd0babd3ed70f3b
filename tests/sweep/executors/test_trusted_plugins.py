"""A worker runs the plugins that its command read, and no others; the oracle is the order with another digest."""

import dataclasses
import json

import pytest

from Arch.errors import PluginError
from Arch.planning.plan import make_plan
from Arch.planning.task import tasks_of
from Arch.planning.workspace import Workspace
from Arch.sweep.attempts import Attempts
from Arch.sweep.executors import job
from Arch.sweep.progress import Slot
from tests.plugin_page import TINY, trained

STUDENT = {"Dataset": "Synthetic", "Model": "MLP", "MLPWidths": [2], "BatchSize": 4, "NumEpochs": 1}
SLOT = Slot("cpu 0", "cpu", {}, 1)


@pytest.fixture
def order_of(page):
    """Returns the order for the only missing run of a config, whose lease ends with the test."""
    leases = []

    def order_of(raw):
        workspace = Workspace.at(page / "cache", page / "data")
        attempts = Attempts(workspace)
        (task,) = tasks_of(make_plan([(workspace.resolver.resolve(raw), "")], workspace.store))
        leases.append(attempts.begin(task, SLOT, is_forced=False))
        return attempts.order(task, SLOT, leases[-1])

    yield order_of
    for lease in leases:
        lease.end("stopped")


def test_a_worker_runs_the_content_that_its_command_read(page, order_of):
    path = str(page / "my_file.py")
    order = order_of({"Plugins": [path], **TINY, "Model": "MyNet"})
    assert job.config_of(order).plugins.keys() == {path}
    with pytest.raises(PluginError, match="has changed since the command"):
        job.config_of(dataclasses.replace(order, plugins={path: "0" * 64}))


def test_a_worker_may_run_the_plugin_that_only_the_teacher_s_file_names(page, order_of):
    trained(page)
    teacher = {"Plugins": ["my_file.py"], **TINY, "Model": "MyNet"}
    (page / "teacher.json").write_text(json.dumps(teacher))
    order = order_of({**STUDENT, "VanillaKD": True, "Teacher": str(page / "teacher.json")})
    job.config_of(order).require_implemented()
    forbidden = job.config_of(dataclasses.replace(order, plugins={}))
    assert [each.is_named for each in forbidden.plugins.values()] == [False]
