"""The cache entry of a foreign network is shown and kept, and never treated as an experiment."""

import json
import shutil
import time

import pytest
import torch

from Arch.cache.attempts.attempt import State
from Arch.cache.foreign import open_network
from Arch.config.foreign import WEIGHTS_DIGEST
from Arch.errors import ForeignEntryError
from Arch.models.build import build
from Arch.planning.overview import overviews
from Arch.planning.words import configs, entries_with_runs
from Arch.planning.workspace import Workspace
from Arch.report.listing import line_of
from Arch.types import Run
from Arch.upkeep.doctor.cache import check_cache
from Arch.upkeep.doctor.finding import Level
from Arch.upkeep.rehash.rehash import plan_rehash
from Arch.upkeep.trash.pruning import Criteria, prunable
from Arch.upkeep.verify import verify

TINY = {"Dataset": "Synthetic", "SyntheticSize": 4, "SyntheticSamples": 16, "Model": "resnet8", "NumEpochs": 1}
LATER = 3600.0


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """A file with the weights of a network, which takes seconds to build."""
    path = tmp_path_factory.mktemp("weights") / "w.pth"
    torch.save(build("resnet8", (3, 4, 4), 4, seed=0, batch_norm=False).state_dict(), path)
    return path


@pytest.fixture(params=["resnet8@w.pth", "torchvision/resnet18@IMAGENET1K_V1", "timm/test_resnet"])
def kept(request, tmp_path, weights):
    """A cache with a student, whose seed is not the default one, and its foreign teacher."""
    shutil.copy(weights, tmp_path)
    raw = {**TINY, "Seed": 4, "BatchNorm": False, "VanillaKD": True, "Teacher": request.param}
    workspace = Workspace.at(tmp_path / "cache", tmp_path)
    config = workspace.resolver.resolve(raw, tmp_path)
    [network] = config.foreign
    open_network(workspace.store.entry(network), network)
    if "@IMAGENET" in request.param:  # what their first use records
        workspace.store.entry(network).record({WEIGHTS_DIGEST: "0" * 64})
    entry = workspace.store.entry(config)
    entry.open(config)
    with entry.write_run(0) as writer:
        writer.commit(Run(index=0, seed=4, epochs=(), scores={"accuracy": 0.5}, seconds=1.0, provenance={}))
    return workspace, config, network


def test_a_foreign_network_is_done_and_listed_with_its_source(kept):
    workspace, config, network = kept
    found = {each.entry.fingerprint: each for each in overviews(workspace, [])}
    assert (found[network.fingerprint].status.state, found[network.fingerprint].title) == (State.DONE, network.title)
    assert found[config.fingerprint].status.is_done
    line = line_of(workspace.store.entry(network), workspace.resolver.rules)
    assert (line.state, line.runs, line.title) == ("done", 0, network.title)


def test_a_foreign_network_has_no_faults(kept):
    workspace, _, network = kept
    assert verify(workspace.store.entry(network)).faults == ()
    assert {each.level for each in check_cache(workspace, time.time() + LATER)} == {Level.OK}
    plan = plan_rehash(workspace)
    assert (plan.renamings, plan.staying, plan.unchanged) == ((), (), 2)


def test_a_foreign_network_is_no_orphan_although_it_has_no_runs(kept):
    workspace, _, _ = kept
    names = [each.fingerprint for each in workspace.store.entries()]
    assert prunable(workspace.store.root, names, Criteria(is_orphan=True), time.time() + LATER) == []


def test_a_foreign_network_is_not_among_the_experiments(kept):
    workspace, config, network = kept
    entries, unreadable = entries_with_runs(workspace, [])
    assert ([each.fingerprint for each in entries], unreadable) == ([config.fingerprint], [])
    assert [found.fingerprint for found, _ in configs(workspace, [])] == [config.fingerprint]
    with pytest.raises(
        ForeignEntryError, match=f"^{network.fingerprint[:12]} is the network .* has no runs of its own"
    ):
        workspace.cached(network.fingerprint)
    for select in (entries_with_runs, lambda *words: list(configs(*words))):
        with pytest.raises(ForeignEntryError):
            select(workspace, [network.fingerprint])


def test_a_worker_finds_a_foreign_network_by_its_fingerprint(kept):
    workspace, config, network = kept
    again = Workspace.at(workspace.store.root).cached(config.fingerprint)
    assert again.references["Teacher"] == network
    again.require_implemented()


def test_students_are_selected_by_their_foreign_teacher(kept):
    workspace, config, network = kept
    for word in (f"Teacher={network.fingerprint}", f"Teacher={network.title}"):
        assert [found.fingerprint for found, _ in configs(workspace, [word])] == [config.fingerprint]
        assert [each.entry.fingerprint for each in overviews(workspace, [word])] == [config.fingerprint]


def test_the_fingerprint_of_a_foreign_network_follows_from_its_entry(kept):
    workspace, _, network = kept
    path = workspace.store.entry(network).path / "Config.json"
    document = json.loads(path.read_text())
    document["Active"]["Network"] += "x"
    path.write_text(json.dumps(document))
    found = Workspace.at(workspace.store.root).resolver.resolve(
        {**TINY, "VanillaKD": True, "Teacher": network.fingerprint}
    )
    assert "was named under other rules" in found.references["Teacher"].obstacle


def test_published_weights_that_were_never_loaded_are_not_done(tmp_path):
    workspace = Workspace.at(tmp_path / "cache", tmp_path)
    config = workspace.resolver.resolve({**TINY, "VanillaKD": True, "Teacher": "torchvision/resnet18@NO_SUCH"})
    open_network(workspace.store.entry(config.foreign[0]), config.foreign[0])
    [overview] = overviews(workspace, [])
    assert overview.status.state is State.MISSING
    assert "were not loaded yet" in str(overview.status.problem)
