"""Checks Python, the packages, the processors and the code; imports neither torch nor CUDA."""

from __future__ import annotations

import platform
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from Arch.machine.installation import NAME, Installation
from Arch.machine.programs import answer
from Arch.sweep.executors.devices import WORKER_MEMORY, this_machine
from Arch.units import size_text
from Arch.upkeep.doctor.finding import Finding, ok, problem, warning

Answer = Callable[..., str | None]

_REQUIREMENT = re.compile(r"^([A-Za-z0-9_.-]+)\s*>=\s*([0-9.]+)", re.MULTILINE)


def check_packages(requirements: Path) -> Iterator[Finding]:
    """Yields the findings about Python and the packages of the requirements file, with their versions."""
    from importlib import metadata

    yield ok("Python", f"{platform.python_version()} on {platform.platform()}")
    try:
        wanted = _REQUIREMENT.findall(requirements.read_text(encoding="utf-8"))
    except OSError:
        yield warning("packages", f"{requirements} cannot be read", "run this program from its repository")
        return
    lacking, known = [], []
    for name, least in wanted:
        try:
            found = metadata.version(name)
        except metadata.PackageNotFoundError:
            lacking.append(f"{name} is missing")
            continue
        known.append(f"{name} {found}")
        if numbers(found) < numbers(least):
            lacking.append(f"{name} {found} is older than {least}")
    if lacking:
        yield problem("packages", "; ".join(lacking), f"install them: pip install -r {requirements}")
    else:
        yield ok("packages", ", ".join(known))


def numbers(version: str) -> tuple[int, ...]:
    """Returns a version's leading numbers for comparison: (2, 11, 0) for `2.11.0rc1+cu132`."""
    match = re.match(r"\d+(\.\d+)*", version)
    return tuple(map(int, match[0].split("."))) if match else ()


def check_gpus(environment: Mapping[str, str], ask: Answer = answer) -> Finding:
    """Returns the finding about the driver's GPUs and `CUDA_VISIBLE_DEVICES`."""
    listed = ask("nvidia-smi", "--query-gpu=index,name,memory.total,driver_version", "--format=csv,noheader")
    visible = environment.get("CUDA_VISIBLE_DEVICES")
    masked = f" (CUDA_VISIBLE_DEVICES={visible})" if visible is not None else ""
    if listed is None:
        if visible not in (None, "", "-1"):
            remedy = "check the driver, or unset CUDA_VISIBLE_DEVICES to train on the CPU"
            return warning("GPUs", f"nvidia-smi lists none{masked}", remedy)
        return ok("GPUs", f"nvidia-smi lists none: training runs on the CPU{masked}")
    if not listed:
        return warning("GPUs", "the driver is installed but has no GPU", "check `nvidia-smi`; training runs on the CPU")
    return ok("GPUs", f"{'; '.join(listed.splitlines())}{masked}")


def check_cores(environment: Mapping[str, str]) -> Finding:
    """Returns the finding about cores and memory, with the limits of containers applied."""
    machine = this_machine(environment)
    sentence = f"{machine.cores} cores and {size_text(machine.memory)} of memory may be used"
    if machine.memory < WORKER_MEMORY:
        return warning("processor", sentence, f"free some memory: a worker needs about {size_text(WORKER_MEMORY)}")
    return ok("processor", sentence)


def check_installation(installation: Installation) -> Finding:
    """Reports the version, its path, and the paths of the default cache and data."""
    where = f"{NAME} {installation.version} in {installation.package.parent}"
    if installation.repository is not None:
        return ok("installation", f"{where}, a repository: KDTrainer/ and data/ are there by default")
    return ok(
        "installation",
        f"{where}, without a repository: KDTrainer/ and data/ are in the working directory by default, "
        "the rules come with the package, and runs record no commit",
    )


def check_code(root: Path, ask: Answer = answer) -> Finding:
    """Returns the finding about the commit that runs record, and uncommitted edits."""
    commit = ask("git", "-C", str(root), "rev-parse", "--short", "HEAD")
    if commit is None:
        remedy = "run from a git checkout, so that results can be traced to the code"
        return warning("code", f"{root} is no git checkout (or git is not installed): runs record no commit", remedy)
    edited = ask("git", "-C", str(root), "status", "--porcelain", "--untracked-files=no")
    if edited:
        count = len(edited.splitlines())
        sentence = f"commit {commit}, with {count} edited file{'s'[: count != 1]}: runs record that the code was edited"
        return warning("code", sentence, "commit the edits, so that results can be traced to the code")
    return ok("code", f"commit {commit}, not edited")
