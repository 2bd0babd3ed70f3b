"""Explains which rule kept, dropped or defaulted each key, what an experiment depends on, and whether it would run."""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections.abc import Iterator

from Arch.cli.console.options import add_what
from Arch.cli.shared.config_notes import print_unread
from Arch.cli.shared.results import workspace_of
from Arch.config.config import Config
from Arch.config.explain import KeyStory, explain
from Arch.config.foreign import ForeignNetwork
from Arch.config.json_text import describe
from Arch.escaping import printable
from Arch.planning.plan import Step, make_plan
from Arch.planning.words import configs

EXAMPLES = """examples:
  main.py explain my.json
  main.py explain my.json --set Optimizer=SGD
"""
_HEADINGS = {
    "named": "in the name",
    "default": "counts, at its default and so not in the name",
    "option": "options: how to run, never what is computed",
    "off": "switched off",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the verb's arguments."""
    add_what(parser, needed=True)


def run(options: argparse.Namespace) -> int:
    """Prints the explanation of each key of each experiment."""
    workspace = workspace_of(options)
    documents, explained = [], list(configs(workspace, options.what, options.set))
    print_unread(explained, options)
    for config, label in explained:
        plan = make_plan([(config, label)], workspace.store)
        step = next(step for step in plan.steps if step.config.fingerprint == config.fingerprint)
        if options.json:
            documents.append(_document(config, step))
        else:
            print("\n".join(map(printable, _lines(config, step, label))))
    if options.json:
        print(json.dumps(documents, indent=1))
    return 0


def _document(config: Config, step: Step) -> dict[str, object]:
    keys = [dataclasses.asdict(story) for story in explain(config)]
    return {**config.document(), "Keys": keys, "Status": step.state, "Verdict": _verdict(step)}


def _lines(config: Config, step: Step, label: str) -> Iterator[str]:
    yield f"{label}: {config.title}"
    yield f"fingerprint {config.fingerprint} under the rules {config.rules.path}"
    stories = explain(config)
    for verdict, heading in _HEADINGS.items():
        chosen = [story for story in stories if story.verdict == verdict]
        if chosen:
            yield ""
            yield f"{heading} ({len(chosen)})"
            yield from (_line(story) for story in chosen)
    yield from _dependencies(config)
    yield from (f"note: {note}" for note in config.notes)
    yield ""
    yield _verdict(step)


def _line(story: KeyStory) -> str:
    if story.verdict == "off":
        value = "" if story.value is None else f"{describe(story.value)} given, not read"
    else:
        value = describe(story.value)
    return f"  {story.key:<24} {value:<28} {story.why}"


def _dependencies(config: Config) -> Iterator[str]:
    if config.references:
        yield ""
        yield f"depends on ({len(config.references)})"
    for key, other in config.references.items():
        kind = "an experiment"
        if isinstance(other, ForeignNetwork):
            kind = other.obstacle or "a network from elsewhere"
        yield f"  {key:<24} {other.title}  {other.fingerprint}  {kind}"


def _verdict(step: Step) -> str:
    if step.is_done:
        return f"would not run: {step.done} of {step.wanted} runs are in the cache"
    if step.refusal:
        return f"would not run: {step.refusal}"
    why = f" (the last attempt failed: {step.failure})" if step.failure else ""
    return f"would run: {step.done} of {step.wanted} runs are in the cache{why}"
