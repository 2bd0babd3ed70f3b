"""The command line: options that all verbs share, and each verb's help with examples."""

from __future__ import annotations

import argparse
from pathlib import Path
from types import ModuleType
from typing import NoReturn

from Arch.cli.console.names import add_version, as_started
from Arch.cli.verb_list import VERBS
from Arch.errors import ConfigError, did_you_mean
from Arch.units import seconds_of

WHAT = "files, folders, fingerprint prefixes, Key=Value words"
_OF_SWEEPS = {"gpus": None, "per_gpu": 1, "workers": None, "retry": 0, "timeout": None, "fail_fast": False}
_EXAMPLES = """examples:
  main.py                                         a teacher and its student on handwritten digits
  main.py -c my.json                              run one config; what is cached is shown at once
  main.py -c my.json --set Seed=3 --set NumRuns=5
  main.py -e ExperimentConfigs/Quickstart         every config below a folder, teachers first
  main.py -e ExperimentConfigs Model=resnet8      only those with this value
  main.py -e ExperimentConfigs --gpus 0,1 --per-gpu 2 --retry 1 --timeout 4h
  main.py plan ExperimentConfigs                  what would run, and what is cached
"""


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line that points to the help."""

    def error(self, message: str) -> NoReturn:
        """Ends the program with exit code 2."""
        self.exit(2, f"error: {message}. `{self.prog} -h` shows what there is.\n")

    def format_help(self) -> str:
        """Returns the help, which calls the program as it was started."""
        return as_started(super().format_help())


def root_parser() -> argparse.ArgumentParser:
    """The parser of `main.py` without a verb."""
    verbs = "\n".join(f"  {name:<9} {about}" for name, about in VERBS.items())
    parser = Parser(
        prog="main.py",
        description="Runs, sweeps and looks at experiments; without arguments, a demonstration on handwritten digits.",
        epilog=f"verbs (main.py VERB -h):\n{verbs}\n\n{_EXAMPLES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("words", nargs="*", metavar="Key=Value", help="with -e: only experiments with these values")
    ways = parser.add_mutually_exclusive_group()
    ways.add_argument("-c", "--config", nargs="+", metavar="FILE", help="run these configs")
    ways.add_argument("-e", "--sweep", metavar="DIR", help="run every config below a folder")
    add_version(parser)
    add_sweeping(parser)
    add_shared(parser)
    return parser


def verb_parser(name: str, verb: ModuleType) -> argparse.ArgumentParser:
    """The parser of one verb; the verb's module adds its arguments and has its examples."""
    parser = Parser(
        prog=f"main.py {name}",
        description=(verb.__doc__ or "").strip(),
        epilog=verb.EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verb.add_arguments(parser)
    add_shared(parser)
    return parser


def add_what(parser: argparse.ArgumentParser, *, needed: bool) -> None:
    """Adds the words that select experiments."""
    parser.add_argument("what", nargs="+" if needed else "*", metavar="WHAT", help=WHAT)


def add_sweeping(parser: argparse.ArgumentParser) -> None:
    """Adds how a sweep goes about it."""
    group = parser.add_argument_group("sweeps (-e, retry)")
    group.add_argument("--gpus", type=_names, metavar="A,B", help="GPUs, as CUDA_VISIBLE_DEVICES takes them")
    group.add_argument("--per-gpu", type=_count, default=1, metavar="N", help="runs at a time on each GPU (default: 1)")
    group.add_argument("--workers", type=_count, metavar="N", help="runs at a time in all")
    group.add_argument("--threads", type=_count, metavar="N", help="threads of each run (default: cores shared out)")
    group.add_argument(
        "--retry", type=_count_from_0, default=0, metavar="N", help="up to N more attempts at a run that fails"
    )
    group.add_argument("--timeout", type=_seconds, metavar="TIME", help="of an attempt: 90s, 30m, 4h, 2d")
    group.add_argument("--fail-fast", action="store_true", help="the first failure stops the rest, checkpointed")


def add_shared(parser: argparse.ArgumentParser) -> None:
    """Adds the options that every verb has."""
    shared = parser.add_argument_group("options everywhere")
    shared.add_argument("--cache", type=Path, metavar="DIR", help="where results are kept (default: KDTrainer/)")
    shared.add_argument("--data", type=Path, metavar="DIR", help="root of the datasets (default: data/)")
    shared.add_argument("--out", type=Path, metavar="DIR", default=Path("figures"), help="where figures go")
    shared.add_argument("--set", action="append", default=[], metavar="Key=Value", help="change what the configs say")
    shared.add_argument("--device", default="auto", metavar="NAME", help="auto, cpu, cuda or cuda:N (default: auto)")
    shared.add_argument("--json", action="store_true", help="JSON to standard output instead of a table")
    shared.add_argument("--quiet", action="store_true", help="no progress, no notes")


def refuse_sweeping(options: argparse.Namespace) -> None:
    """Refuses options that only a sweep heeds; raises ConfigError."""
    for name, default in _OF_SWEEPS.items():
        if getattr(options, name) != default:
            raise ConfigError(
                f"--{name.replace('_', '-')} is for -e: without it, one config runs after the other, here."
            )


def unknown_word(word: str) -> str:
    """What to say of a word that is neither a verb nor an option's value."""
    parts = (f"no verb named {word!r}.", did_you_mean(word, VERBS), "Configs run with -c FILE, folders with -e DIR")
    return " ".join(filter(None, parts))


def _names(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    if not names:
        raise argparse.ArgumentTypeError("expected names such as 0,1")
    return names


def _count(text: str, least: int = 1) -> int:
    if not text.isdecimal() or int(text) < least:
        raise argparse.ArgumentTypeError(f"expected a whole number from {least}, got {text!r}")
    return int(text)


def _count_from_0(text: str) -> int:
    return _count(text, least=0)


def _seconds(text: str) -> float:
    try:
        seconds = seconds_of(text)
    except ConfigError as problem:
        raise argparse.ArgumentTypeError(str(problem).removesuffix(".")) from None
    if not seconds:
        raise argparse.ArgumentTypeError("expected more than no time")
    return seconds
