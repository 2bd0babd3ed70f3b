"""Whether Python, the packages, the processors and the code are what training needs; nothing heavy is imported."""

from __future__ import annotations

import platform
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from Arch.machine.installation import NAME, Installation
from Arch.sweep.executors.devices import WORKER_MEMORY, this_machine
from Arch.units import size_text
from Arch.upkeep.doctor.finding import Finding, ok, problem, warning

Answer = Callable[[list[str]], str | None]

_REQUIREMENT = re.compile(r"^([A-Za-z0-9_.-]+)\s*>=\s*([0-9.]+)", re.MULTILINE)
_PATIENCE = 20


def check_packages(requirements: Path) -> Iterator[Finding]:
    """Whether what the requirements file asks for is installed, in versions that are new enough."""
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
    """A version's leading numbers, to compare: `2.11.0rc1+cu132` is (2, 11, 0)."""
    match = re.match(r"\d+(\.\d+)*", version)
    return tuple(map(int, match[0].split("."))) if match else ()


def answer(command: list[str]) -> str | None:
    """What a program prints, or None where it cannot be started or fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def check_gpus(environment: Mapping[str, str], ask: Answer = answer) -> Finding:
    """Which GPUs the driver has, and which of them `CUDA_VISIBLE_DEVICES` leaves visible."""
    told = ask(["nvidia-smi", "--query-gpu=index,name,memory.total,driver_version", "--format=csv,noheader"])
    visible = environment.get("CUDA_VISIBLE_DEVICES")
    masked = f" (CUDA_VISIBLE_DEVICES={visible})" if visible is not None else ""
    if told is None:
        if visible not in (None, "", "-1"):
            remedy = "check the driver, or unset CUDA_VISIBLE_DEVICES to train on the CPU"
            return warning("GPUs", f"none that nvidia-smi tells of{masked}", remedy)
        return ok("GPUs", f"none that nvidia-smi tells of: training runs on the CPU{masked}")
    if not told:
        return warning("GPUs", "the driver is there but has no GPU", "check `nvidia-smi`; training runs on the CPU")
    return ok("GPUs", f"{'; '.join(told.splitlines())}{masked}")


def check_cores(environment: Mapping[str, str]) -> Finding:
    """How many cores and how much memory there are, limits of containers included."""
    machine = this_machine(environment)
    sentence = f"{machine.cores} cores and {size_text(machine.memory)} of memory may be used"
    if machine.memory < WORKER_MEMORY:
        return warning("processor", sentence, f"free some memory: a worker needs about {size_text(WORKER_MEMORY)}")
    return ok("processor", sentence)


def check_installation(installation: Installation) -> Finding:
    """Tells which version this is, where it lies, and where the default cache and data are."""
    where = f"{NAME} {installation.version} in {installation.package.parent}"
    if installation.repository is not None:
        return ok("installation", f"{where}, a repository: KDTrainer/ and data/ are there by default")
    return ok(
        "installation",
        f"{where}, without a repository: KDTrainer/ and data/ are in the working directory by default, "
        "the rules come with the package, and runs record no commit",
    )


def check_code(root: Path, ask: Answer = answer) -> Finding:
    """Which commit runs would record, and whether the code was edited since."""
    commit = ask(["git", "-C", str(root), "rev-parse", "--short", "HEAD"])
    if commit is None:
        remedy = "run from a git checkout, so that results can be traced to the code"
        return warning("code", f"{root} is no git checkout (or there is no git): runs record no commit", remedy)
    edited = ask(["git", "-C", str(root), "status", "--porcelain", "--untracked-files=no"])
    if edited:
        count = len(edited.splitlines())
        sentence = f"commit {commit}, with {count} edited file{'s'[: count != 1]}: runs record that the code was edited"
        return warning("code", sentence, "commit the edits, so that results can be traced to the code")
    return ok("code", f"commit {commit}, not edited")
