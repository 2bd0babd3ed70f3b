"""The command line: parsers, and the options that several verbs share."""

from __future__ import annotations

import argparse
from pathlib import Path
from types import ModuleType
from typing import NoReturn

from Arch.cli.console.names import add_version, as_started
from Arch.cli.verb_list import VERBS
from Arch.errors import ConfigError, did_you_mean
from Arch.escaping import printable
from Arch.units import seconds_of

WHAT = "files, folders, fingerprint prefixes, Key=Value words"
_SWEEP_DEFAULTS = {"gpus": None, "per_gpu": 1, "workers": None, "retry": 0, "timeout": None, "fail_fast": False}
_EXAMPLES = """examples:
  main.py                                         a teacher and its student on handwritten digits
  main.py -c my.json                              run one config; cached results are shown at once
  main.py -c my.json --set Seed=3 --set NumRuns=5
  main.py -e ExperimentConfigs/Quickstart         every config below a folder, teachers first
  main.py -e ExperimentConfigs Model=resnet8      only those with this value
  main.py -e ExperimentConfigs --gpus 0,1 --per-gpu 2 --retry 1 --timeout 4h
  main.py plan ExperimentConfigs                  what would run, and what is cached
"""


class Parser(argparse.ArgumentParser):
    """A parser that prints errors as one line with a pointer to the help."""

    def error(self, message: str) -> NoReturn:
        """Prints the error and exits with code 2."""
        self.exit(2, f"error: {printable(message)}. `{self.prog} -h` shows what there is.\n")

    def format_help(self) -> str:
        """Returns the help, with the name by which the program was started."""
        return as_started(super().format_help())


def root_parser() -> argparse.ArgumentParser:
    """Returns the parser of `main.py` without a verb."""
    verbs = "\n".join(f"  {name:<9} {about}" for name, about in VERBS.items())
    parser = Parser(
        prog="main.py",
        description="Runs, sweeps and shows experiments; without arguments, a demonstration on handwritten digits.",
        epilog=f"verbs (main.py VERB -h):\n{verbs}\n\n{_EXAMPLES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("words", nargs="*", metavar="Key=Value", help="with -e: only experiments with these values")
    ways = parser.add_mutually_exclusive_group()
    ways.add_argument("-c", "--config", type=filled, nargs="+", metavar="FILE", help="run these configs")
    ways.add_argument("-e", "--sweep", type=filled, metavar="DIR", help="run every config below a folder")
    add_version(parser)
    add_accept_unlike(parser)
    add_sweeping(parser)
    add_shared(parser)
    return parser


def verb_parser(name: str, verb: ModuleType) -> argparse.ArgumentParser:
    """Returns the parser of one verb; the verb's module adds its arguments and has its examples."""
    parser = Parser(
        prog=f"main.py {name}",
        description=(verb.__doc__ or "").strip(),
        epilog=verb.EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        conflict_handler="resolve",  # a verb may give a shared option a meaning of its own
    )
    add_shared(parser)
    verb.add_arguments(parser)
    return parser


def add_what(parser: argparse.ArgumentParser, *, needed: bool) -> None:
    """Adds the words that select experiments."""
    parser.add_argument("what", nargs="+" if needed else "*", metavar="WHAT", help=WHAT)


def add_sweeping(parser: argparse.ArgumentParser) -> None:
    """Adds the options of sweeps."""
    group = parser.add_argument_group("sweeps (-e, retry)")
    add_workers(group)
    group.add_argument(
        "--retry", type=_count_from_0, default=0, metavar="N", help="up to N more attempts at a failing run"
    )
    group.add_argument("--timeout", type=_seconds, metavar="TIME", help="limit for one attempt: 90s, 30m, 4h, 2d")
    group.add_argument(
        "--fail-fast", action="store_true", help="after the first failure, checkpoint and stop the other runs"
    )


def add_accept_unlike(parser: argparse.ArgumentParser) -> None:
    """Adds the option that lets a run be made from other networks than the earlier runs of its experiment."""
    parser.add_argument(
        "--accept-unlike",
        action="store_true",
        help="add runs although a network that they use, or its normalisation, has changed since the earlier runs; "
        "marks the experiment",
    )


def add_workers(group: argparse._ArgumentGroup) -> None:
    """Adds the options that choose the workers of a sweep."""
    group.add_argument("--gpus", type=_names, metavar="A,B", help="GPUs, as CUDA_VISIBLE_DEVICES takes them")
    group.add_argument("--per-gpu", type=_count, default=1, metavar="N", help="runs at a time on each GPU (default: 1)")
    group.add_argument("--workers", type=_count, metavar="N", help="runs at a time in all")
    group.add_argument(
        "--threads", type=_count, metavar="N", help="threads of each run (default: cores divided by runs)"
    )


def add_shared(parser: argparse.ArgumentParser) -> None:
    """Adds the options that every verb has."""
    shared = parser.add_argument_group("options everywhere")
    shared.add_argument("--cache", type=path_of, metavar="DIR", help="folder of the results (default: KDTrainer/)")
    shared.add_argument("--data", type=path_of, metavar="DIR", help="root of the datasets (default: data/)")
    shared.add_argument(
        "--out", type=path_of, metavar="DIR", default=Path("figures"), help="folder for figures (default: figures/)"
    )
    shared.add_argument("--set", action="append", default=[], metavar="Key=Value", help="override a key of the configs")
    shared.add_argument("--device", default="auto", metavar="NAME", help="auto, cpu, cuda or cuda:N (default: auto)")
    shared.add_argument("--json", action="store_true", help="JSON to standard output instead of a table")
    shared.add_argument("--quiet", action="store_true", help="no progress, no notes")


def filled(text: str) -> str:
    """Returns the text of an option that must not be empty: as a path, an empty text is the working directory."""
    if not text:
        raise argparse.ArgumentTypeError("expected a path, got an empty text: is a shell variable unset?")
    return text


def path_of(text: str) -> Path:
    """Returns the path that an option names, which must not be empty."""
    return Path(filled(text))


def refuse_sweeping(options: argparse.Namespace) -> None:
    """Raises ConfigError if an option is given that only sweeps use."""
    for name, default in _SWEEP_DEFAULTS.items():
        if getattr(options, name) != default:
            raise ConfigError(
                f"--{name.replace('_', '-')} is for -e: without it, one config runs after the other, in this process."
            )


def unknown_word(word: str) -> str:
    """Returns the message for a word that is neither a verb nor an option's value, without its full stop."""
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
