#!/usr/bin/env python3
"""Makes the golden cache with an old version of the program, and the golden outputs with the present one.

    python tests/golden/make_cache.py             # the cache and the weights file, by the version MADE_BY
    python tests/golden/make_cache.py --outputs   # json/: what the present version says of the cache

The cache was made once, by the commit MADE_BY, and is not to be made again: its use is that later versions read
what that one wrote. The outputs are made again where a verb's JSON is changed on purpose; the commit says why.
The same holds for plugin/ and configs/: runs record the digests of the plugin's files, so not even a format may change.

The cache is made in a clone at STUDY, by a Python that is reached through links in it, on a machine that calls itself
HOST, because runs and failures record paths and host names. Only public command lines and file formats are used:
internal modules may have moved since.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # so that it runs from anywhere

from tests.golden.copies import golden_copy  # noqa: E402
from tests.golden.outputs import GOLDEN, OUTPUTS, normalised, output_path, said_by_program  # noqa: E402

MADE_BY = "ae4fa468a0aa6b9023e7dfb518cbfd644b3c4afc"
STUDY = Path("/srv/study")
HOST = "researcher"
ELSEWHERE = {
    "Dataset": "Digits",
    "Model": "MLP",
    "MLPWidths": [4],
    "TrainSamples": 400,
    "MaxLR": 0.05,
    "Seed": 7,
    "NumEpochs": 4,
}
STOPPED_AFTER = 3  # epochs of the run in hand that its newest checkpoint has behind it, and a part of the next one
STEPS_PER_EPOCH = 500
SECONDS = 300
# Python runs this file first in every process. It replaces the machine's name and kernel, which runs record.
NEUTRAL_MACHINE = f"""
import os
os.uname = lambda: os.uname_result(("Linux", {HOST!r}, "6.1.0", "#1 SMP", "x86_64"))
"""


def main() -> None:
    """Makes the cache, or with `--outputs` the golden outputs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--outputs", action="store_true", help="make json/ from the cache as it is")
    if parser.parse_args().outputs:
        make_outputs()
    else:
        make_cache()


def make_cache() -> None:
    """Trains everything in the clone, then replaces the committed cache and weights file."""
    if STUDY.exists():
        raise SystemExit(f"{STUDY} is there already: expected no such folder, since the clone is made in it.")
    try:
        clone()
        make_weights_file()
        make_experiments()
        stop_in_hand()
        check_in_hand()
        check_neutral()
        for name in ("cache", "weights"):
            shutil.rmtree(GOLDEN / name, ignore_errors=True)
            shutil.copytree(STUDY / "tests/golden" / name, GOLDEN / name)
    finally:
        shutil.rmtree(STUDY, ignore_errors=True)


def make_outputs() -> None:
    """Writes what each command of OUTPUTS says today into json/."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = golden_copy(Path(scratch).resolve())
        for name, words in OUTPUTS.items():
            text = json.dumps(normalised(said_by_program(words, folder), folder), indent=1, ensure_ascii=False)
            output_path(name).parent.mkdir(exist_ok=True)
            output_path(name).write_text(f"{text}\n", encoding="utf-8")


def clone() -> None:
    """Clones the version MADE_BY to STUDY and lays today's configs and plugin into it."""
    subprocess.run(["git", "clone", "--quiet", "--no-checkout", str(ROOT), str(STUDY)], check=True)
    subprocess.run(["git", "-C", str(STUDY), "checkout", "--quiet", "--detach", MADE_BY], check=True)
    for name in ("configs", "plugin"):
        shutil.copytree(GOLDEN / name, STUDY / "tests/golden" / name)
    (STUDY / "neutral").mkdir()
    (STUDY / "neutral/sitecustomize.py").write_text(NEUTRAL_MACHINE, encoding="utf-8")
    (STUDY / "neutral/python").symlink_to(sys.base_prefix)
    (STUDY / "neutral/packages").symlink_to(sysconfig.get_path("purelib"))


def make_weights_file() -> None:
    """Trains a network in a cache of its own and keeps nothing but its weights, as if they came from elsewhere."""
    (STUDY / "elsewhere.json").write_text(json.dumps(ELSEWHERE), encoding="utf-8")
    program("-c", "../../elsewhere.json", "--cache", "../../elsewhere")
    (weights,) = (STUDY / "elsewhere").glob("*/Runs/000/Last.safetensors")
    (STUDY / "tests/golden/weights").mkdir()
    shutil.copy(weights, STUDY / "tests/golden/weights/elsewhere.safetensors")


def make_experiments() -> None:
    """Trains what can be trained, and fails twice: the loss is not finite, and there are no data."""
    for name in ("teacher", "plain", "taught", "taught_from_file", "plugin"):
        program("-c", f"configs/{name}.json")
    for name in ("diverging", "without_data"):
        program("-c", f"configs/{name}.json", expected=1)


def stop_in_hand() -> None:
    """Starts the run in hand and stops it with SIGTERM in the epoch after STOPPED_AFTER."""
    process = subprocess.Popen(command("-c", "configs/in_hand.json"), cwd=STUDY / "tests/golden", env=environment())
    until = time.monotonic() + SECONDS
    while not in_hand_reached(STOPPED_AFTER):
        if process.poll() is not None or time.monotonic() > until:
            process.kill()
            raise SystemExit(f"the run in hand ended before epoch {STOPPED_AFTER} was in its log.")
        time.sleep(0.01)
    time.sleep(0.1)  # about half an epoch
    process.send_signal(signal.SIGTERM)
    if process.wait(SECONDS) != 128 + signal.SIGTERM:
        raise SystemExit(f"expected the exit code of a stopped program, got {process.returncode}.")


def in_hand_reached(epoch: int) -> bool:
    """Tells whether some run in hand has logged this epoch."""
    logs = (STUDY / "tests/golden/cache").glob("*/Work/000/log.txt")
    return any(re.search(rf"epoch {epoch}/", log.read_text(encoding="utf-8")) for log in logs)


def check_in_hand() -> None:
    """Checks that the newest checkpoint was written within an epoch, where most has to be restored."""
    found = (STUDY / "tests/golden/cache").glob("*/Work/000/checkpoint-?")
    places = [json.loads(path.read_bytes().partition(b"\n")[0])["Place"] for path in found]
    if len(places) != 2 or max(places) // STEPS_PER_EPOCH != STOPPED_AFTER or max(places) % STEPS_PER_EPOCH == 0:
        raise SystemExit(f"expected two checkpoints, one of them in epoch {STOPPED_AFTER + 1}, got steps {places}.")


def check_neutral() -> None:
    """Checks that no file tells where this repository, this Python or the user's home are."""
    private = {str(path).encode() for path in (ROOT, Path(sys.prefix), Path(sys.base_prefix), Path.home())}
    for path in (each for each in (STUDY / "tests/golden").rglob("*") if each.is_file()):
        found = [name.decode() for name in private if name in path.read_bytes()]
        if found:
            raise SystemExit(f"{path} tells of {found[0]}: expected paths below {STUDY} only.")


def program(*words: str, expected: int = 0) -> None:
    """Runs the old version's `Scripts/main.py` in the clone and checks its exit code."""
    done = subprocess.run(command(*words), cwd=STUDY / "tests/golden", env=environment(), check=False)
    if done.returncode != expected:
        raise SystemExit(f"main.py {' '.join(words)}: expected exit code {expected}, got {done.returncode}.")


def command(*words: str) -> list[str]:
    """Returns the command line of the old version; a `--cache` in `words` counts instead of the golden one."""
    shared = ["--device", "cpu", "--threads", "1", "--quiet", "--cache", "cache"]
    return [str(STUDY / "neutral/python/bin/python3"), str(STUDY / "Scripts/main.py"), *shared, *words]


def environment() -> dict[str, str]:
    """Returns the environment of the old version, in which the machine and Python's library have neutral names."""
    paths = os.pathsep.join([str(STUDY / "neutral"), str(STUDY / "neutral/packages")])
    return {**os.environ, "PYTHONHOME": str(STUDY / "neutral/python"), "PYTHONPATH": paths}


if __name__ == "__main__":
    main()
