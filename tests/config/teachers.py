"""A teacher, a student, and how a student of a given teacher is resolved or refused."""

import pytest

from Arch.errors import ConfigError

TEACHER = {"Dataset": "CIFAR10", "Model": "resnet32x4", "BatchSize": 64}
STUDENT = {"Dataset": "CIFAR10", "Model": "resnet8x4", "BatchSize": 64, "VanillaKD": True}


def taught_by(resolver, teacher, folder=None, **keys):
    return resolver.resolve({**STUDENT, "Teacher": teacher, **keys}, folder)


def refused(resolver, teacher, folder=None, **keys):
    with pytest.raises(ConfigError) as refusal:
        taught_by(resolver, teacher, folder, **keys)
    assert "\n" not in str(refusal.value)
    return str(refusal.value)
