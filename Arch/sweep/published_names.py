"""Refuses experiments with unknown networks of other libraries before a sweep writes anything into the cache.

Only the libraries know their networks. Importing them takes seconds and needs torch, so another process asks them, once
for a sweep, and only if a config names such a network.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace

from Arch.config.config import Config
from Arch.config.names import LIBRARIES
from Arch.errors import ModelError
from Arch.machine.installation import environment_for_python
from Arch.planning.task import Task
from Arch.sweep.worker import unknown_networks

Name = tuple[str, str]
"""A network and the name of its weights, which may be empty."""

COMMAND = (sys.executable, "-P", "-m", "Arch.sweep.published_names")


def without_unknown(tasks: Sequence[Task], command: Sequence[str] = COMMAND) -> list[Task]:
    """Returns the tasks; those whose networks are unknown are refused.

    Args:
        tasks: the tasks of a sweep.
        command: the program that asks the libraries, with the names on its standard input.
    """
    named = {task.fingerprint: _names(task.step.config) for task in tasks}
    problems = _problems(sorted(set().union(*named.values())), command)
    return [_refused(task, [problems[name] for name in named[task.fingerprint] if name in problems]) for task in tasks]


def _names(config: Config) -> set[Name]:
    """Returns the networks of other libraries that a config trains or is made from."""
    sources = [each.source for each in config.foreign if each.source and each.source.place is None]
    found = {(each.model, each.weights) for each in sources}
    if "Model" in config.active:
        found.add((config["Model"], ""))
    return {name for name in found if name[0].startswith(LIBRARIES)}


def _problems(names: Sequence[Name], command: Sequence[str]) -> Mapping[Name, str]:
    """Returns what is wrong with names, by name; nothing if the libraries cannot be asked: workers meet the error."""
    if not names:
        return {}
    done = subprocess.run(  # noqa: S603 - the project's own program
        command, input=json.dumps(names).encode(), env=environment_for_python(), capture_output=True, check=False
    )
    answers = json.loads(done.stdout) if done.returncode == 0 else [""] * len(names)
    return {name: answer for name, answer in zip(names, answers, strict=True) if answer}


def _refused(task: Task, problems: Sequence[str]) -> Task:
    if not problems or task.step.refusal:
        return task
    return Task(replace(task.step, refusal=ModelError(problems[0])), task.run)


if __name__ == "__main__":
    json.dump(unknown_networks(json.load(sys.stdin)), sys.stdout)
