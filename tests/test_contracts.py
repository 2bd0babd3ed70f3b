"""Checks over all registered components: rules, registries and trainers agree."""

import dataclasses

import pytest

from Arch.config.config import Config
from Arch.config.names import field_name
from Arch.datasets import DATASETS
from Arch.datasets.decoding.samples import LAYOUTS
from Arch.datasets.normalization import KINDS
from Arch.datasets.sources.corrupted_cifar import CORRUPTIONS
from Arch.datasets.sources.spirals import MODALITIES
from Arch.datasets.sources.sub import FORMS, TARGETS
from Arch.distillation import METHODS
from Arch.models import MODELS
from Arch.planning.workspace import Workspace
from Arch.sweep.worker import Worker
from Arch.training import TRAINERS
from Arch.training.engine import PRECISIONS
from Arch.training.fit.optimizers import OPTIMIZERS
from Arch.training.fit.schedules import SCHEDULES
from Arch.training.normalization import CUSTOMARY
from Arch.training.trainers.evaluation import OF_THE_DATASET
from tests.alternatives import (
    ALTERNATIVES,
    ARRAYS,
    AUGMENTED,
    BENT,
    BIRDS,
    CONVOLUTIONAL,
    CORRUPTED,
    DROPPING,
    LOOKING,
    NAMES_ONLY,
    PRETRAINED,
    RINGS,
    SPIRALS,
    TAUGHT,
    TINY,
    VARIED,
    WIDER,
)
from tests.datasets.tiny_cifar import replace_cifar
from tests.local_data import LocalData

REGISTRIES = {
    "Model": MODELS,
    "Dataset": DATASETS,
    "Trainer": TRAINERS,
    "Optimizer": OPTIMIZERS,
    "LRScheduler": SCHEDULES,
}


class RecordingConfig(Config):
    """A config that remembers which of its active keys were read."""

    def __getitem__(self, key):
        value = super().__getitem__(key)
        self.__dict__.setdefault("keys_read", set()).add(key)
        return value


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        replace_cifar(patch)
        yield Laboratory(tmp_path_factory.mktemp("cache"))


class Laboratory:
    """Trains tiny experiments, each once."""

    def __init__(self, folder):
        self.workspace = Workspace.at(folder / "cache", folder / "data")
        self.worker = Worker(self.workspace.store, self.workspace.data, "cpu")
        self.local = LocalData(folder / "local")

    def config(self, raw):
        return self.workspace.resolver.resolve(self.local.placed(raw))

    def train(self, config):
        for other in config.references.values():
            self.train(other)
        for key, other in config.references.items():
            wanted = max(config.active.get(f"{key}Run", 0) + 1, config.option("NumRuns"))
            self.worker.train(dataclasses.replace(other, options={**other.options, "NumRuns": wanted}))
        self.worker.train(config)
        return self.workspace.store.entry(config)

    def observables(self, raw):
        """All that a run is: its numbers by epoch, its scores, its weights byte by byte."""
        entry = self.train(self.config(raw))
        epochs = [dataclasses.replace(epoch, seconds=0) for epoch in entry.run(0).epochs]
        weights = [path.read_bytes() for path in sorted(entry.run_folder(0).glob("*.safetensors"))]
        return epochs, entry.run(0).scores, weights


@pytest.mark.parametrize("key", REGISTRIES)
def test_the_rules_offer_exactly_what_is_registered(key, resolver):
    offered = set(resolver.rules.keys[key].schema.choices)
    registered = {*REGISTRIES[key], *REGISTRIES[key].families}
    line = ", ".join(f'"{name}": 1' for name in sorted(registered - offered))
    assert offered == registered, f'paste into "::" / "{key}" / "choices": {line}'
    assert not offered & set(resolver.rules.keys[key].schema.planned)


@pytest.mark.parametrize(
    ("key", "known"),
    [
        ("Precision", PRECISIONS),
        ("Normalization", KINDS),
        ("SpiralsModality", MODALITIES),
        ("ArraysLayout", LAYOUTS),
        ("Corruption", CORRUPTIONS),
        ("SUBTarget", TARGETS),
        ("SUBForm", FORMS),
        ("NetworkNormalization", (*OF_THE_DATASET, *CUSTOMARY)),
    ],
)
def test_the_rules_offer_exactly_what_the_code_knows(key, known, resolver):
    assert set(resolver.rules.keys[key].schema.choices) == set(known)


@pytest.mark.parametrize(
    ("key", "name"), [(key, name) for key, registry in REGISTRIES.items() if key != "Trainer" for name in registry]
)
def test_a_component_s_fields_are_its_stanza(key, name, resolver):
    rules = resolver.rules
    own = {
        rule.name
        for rule in rules.keys.values()
        for each in rule.declarations
        if own_conditions(each) == [((key,), (name,), False)]
    }
    config = resolver.resolve({**TINY, "DataName": "images", "LRSteps": [1], key: name})
    component = REGISTRIES[key][name]
    fields = {each.name for each in dataclasses.fields(component)}
    images = {field_name(each).removeprefix(f"{field_name(name)}_") for each in own}
    assert images <= fields, f"keys without a field: {sorted(images - fields)}"
    assert isinstance(config.fill(component, name), component)


@pytest.mark.parametrize("name", list(METHODS))
def test_a_method_s_fields_are_the_stanza_of_its_switch(name, resolver):
    method = METHODS[name]
    own = {
        rule.name
        for rule in resolver.rules.keys.values()
        for each in rule.declarations
        if own_conditions(each) == [((method.switch_key,), (), False)]
    }
    fields = {field.name for field in dataclasses.fields(method)}
    assert {field_name(key) for key in own - {method.weight_key}} == fields
    assert method.weight_key in own


@pytest.mark.parametrize(
    "raw",
    [TINY, TAUGHT, PRETRAINED, CONVOLUTIONAL, AUGMENTED, VARIED, DROPPING, {**TAUGHT, **AUGMENTED, "Teacher": TINY}]
    + [BENT, *({**TINY, "LRScheduler": name} for name in SCHEDULES)]
    + [{**TINY, "Optimizer": name} for name in OPTIMIZERS]
    + [{**TINY, "Select": "test"}, {**TAUGHT, "UseCELoss": False}]
    + [{**ARRAYS, "ArraysLayout": "NHWC"}, SPIRALS, RINGS, CORRUPTED, BIRDS, LOOKING, WIDER],
)
def test_the_keys_that_a_trainer_reads_are_the_keys_that_are_active(raw, laboratory, tmp_path):
    config = laboratory.config(raw)
    for other in config.references.values():
        laboratory.train(other)
    fields = {field.name: getattr(config, field.name) for field in dataclasses.fields(Config)}
    recording = RecordingConfig(**{**fields, "options": {**config.options, "NumRuns": 1 + runs_of(laboratory, config)}})
    laboratory.worker.train(recording)
    assert recording.keys_read == set(config.active) - guarded(config.rules)


@pytest.mark.parametrize("key", ALTERNATIVES)
def test_no_key_is_dead(key, laboratory):
    raw, other = ALTERNATIVES[key]
    base, changed = laboratory.config(raw), laboratory.config({**raw, key: other})
    assert key in base.active
    assert base.fingerprint != changed.fingerprint
    assert laboratory.observables(raw) != laboratory.observables({**raw, key: other})


def test_every_key_that_can_run_has_been_seen_to_act(resolver):
    rules = resolver.rules
    unseen = {key for key, rule in rules.keys.items() if not rule.is_option} - set(ALTERNATIVES) - NAMES_ONLY
    assert {key for key in unseen - guarded(rules) if is_reachable(rules, rules.keys[key])} == set()


def own_conditions(declaration):
    """The conditions of a declaration, but for the kind of study that it counts in."""
    found = [(at.keys, at.values, at.is_negated) for of in declaration.conditions for at in of.alternatives]
    return [each for each in found if each[0] != ("Trainer",)]


def runs_of(laboratory, config):
    return len(laboratory.workspace.store.entry(config).run_indices())


def guarded(rules):
    """Keys that have one value that runs: checking for it, before anything is trained, is how they are read."""
    return {key for key, rule in rules.keys.items() if rule.schema.planned and not rule.schema.choices}


def is_reachable(rules, rule):
    """Whether some implemented value switches a key on."""
    return any(all(can_hold(rules, condition) for condition in each.conditions) for each in rule.declarations)


def can_hold(rules, condition):
    return any(alternative_can_hold(rules, each) for each in condition.alternatives)


def alternative_can_hold(rules, alternative):
    schemas = [rules.keys[key].schema for key in alternative.keys]
    if alternative.is_negated:
        return True
    if alternative.values:
        return any(name in schemas[0].choices for name in alternative.values)
    return any(schema.why_planned(True) is None for schema in schemas)
