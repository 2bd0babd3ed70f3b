"""A claim on disk: its holder, whether the holder is alive, and the effect of a damaged claim."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from Arch.cache.claims import holder
from Arch.cache.claims.claim import Claim, claim_path, claims_backwards, generation_of
from Arch.cache.claims.holder import Holder
from tests.cache.processes import start_of, state_of, until

MEMBERS = ["Holder", "Device", "Since", "Place", "Ttl", "End"]


def test_a_claim_is_read_as_it_was_written(entry):
    claim = entry.take(3, device="cuda:1", is_forced=True).claim
    assert entry.work(3).claims() == (claim,)
    assert (claim.generation, claim.device, claim.step, claim.ttl, claim.is_forced, claim.end) == (
        (1, "cuda:1", 0, 60.0, True, "")
    )
    assert claim.path == f"{entry.path}/Claims/003/000001.json"
    assert (claim.holder.pid, claim.holder.host) == (os.getpid(), os.uname().nodename)
    assert abs(time.time() - time.mktime(time.strptime(claim.since, "%Y-%m-%dT%H:%M:%SZ")) + time.timezone) < 60


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", "\x00" * 300, '{"Ttl": NaN}'], ids=lambda text: repr(text[:9])
)
def test_an_unreadable_claim_is_a_crash_and_the_next_claim_has_the_next_number(entry, content):
    path = Path(entry.take(0).claim.path)
    path.write_text(content)
    assert str(entry.status(1)) == "crashed (0 of 1)"
    assert entry.take(0).generation == 2


@pytest.mark.parametrize(
    "changes",
    [{name: None} for name in MEMBERS] + [{"Ttl": 0}, {"Ttl": -1.0}] + [{"Pid": pid} for pid in (0, -1, 2**31, 1.0)],
    ids=str,
)
def test_a_claim_with_an_invalid_member_is_a_crash(entry, changes):
    path = Path(entry.take(0).claim.path)
    document = json.loads(path.read_text())
    part = document["Holder"] if "Pid" in changes else document
    part.update(changes)
    path.write_text(json.dumps(document))
    assert (Claim.read(str(path), 1).end, Claim.read(str(path), 1).generation) == ("crashed", 1)


def test_only_numbered_files_are_claims_and_the_highest_number_is_the_latest(entry):
    lease = entry.take(0)
    folder = f"{entry.path}/Claims/000"
    text = lease.claim.text()
    for name in (
        "999999.json",
        "1000000.json",
        "1.json",
        "notes.txt",
        ".000007.json.0123456789abcdef.tmp",
        "000000.json",
    ):
        Path(f"{folder}/{name}").write_text(text)
    assert [claim.generation for claim in claims_backwards(folder)] == [1_000_000, 999_999, 1]
    assert claim_path(folder, 1_000_000) == f"{folder}/1000000.json"


def test_a_running_process_is_alive_and_a_zombie_or_ended_one_is_not():
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        held = at(process.pid)
        assert held.is_local
        assert held.is_alive()
        process.kill()
        until(lambda: state_of(process.pid) == "Z")
        assert not held.is_alive(), "a zombie"
    assert not held.is_alive()


def test_a_suspended_process_is_alive():
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        held = at(process.pid)
        process.send_signal(signal.SIGSTOP)
        until(lambda: state_of(process.pid) == "T")
        assert held.is_alive()
        process.kill()


def test_a_reused_pid_is_another_process():
    this = at(os.getppid())
    assert this.is_alive()
    assert not replace(this, start=this.start - 1).is_alive()
    assert replace(this, start=0).is_alive(), "without a start time only the PID is compared"


def test_a_process_name_that_looks_like_a_state_is_parsed_correctly(in_child):
    def rename_and_look():
        before = Holder.this_process("theirs")
        Path("/proc/self/comm").write_text(") Z 1 (")
        return Holder.this_process("theirs") == before and before.start == start_of(os.getpid())

    assert in_child(rename_and_look) == [1]


@pytest.mark.parametrize(
    ("error", "is_alive"), [(None, True), (PermissionError(1, "no"), True), (ProcessLookupError(3, "no"), False)]
)
def test_a_process_hidden_from_proc_is_probed_by_signal_0(monkeypatch, error, is_alive):
    signals = []

    def kill(pid, signal):
        signals.append((pid, signal))
        if error:
            raise error

    monkeypatch.setattr(holder, "_state_and_start", lambda pid: ("", 0))
    monkeypatch.setattr(holder.os, "kill", kill)
    assert Holder("host", "boot", "pid", 4321, 77, "").is_alive() is is_alive
    assert signals == [(4321, 0)]


@pytest.mark.parametrize("part", ["host", "boot", "namespace"])
def test_a_holder_of_another_host_boot_or_pid_namespace_is_not_local(part):
    this = Holder.this_process("")
    assert this.is_local
    assert not replace(this, **{part: "another"}).is_local


def test_without_proc_no_holder_is_local(monkeypatch):
    monkeypatch.setattr(holder, "_home", lambda pid: ("", ""))
    assert not Holder.this_process("").is_local


def test_a_proc_of_another_namespace_is_not_used(monkeypatch, in_child):
    monkeypatch.setattr(holder.os, "readlink", lambda path: "99999")
    assert in_child(lambda: Holder.this_process("").is_local) == [0]  # the parent has cached its namespace


def test_a_claim_that_this_process_released_is_not_held_although_its_pid_lives():
    this = Holder.this_process("of this test")
    assert not this.is_alive()
    holder.mark_held(this.nonce)
    assert this.is_alive()
    holder.mark_released(this.nonce)
    assert not this.is_alive()


@pytest.mark.parametrize(("age", "word"), [(0, "running"), (299, "running"), (301, "crashed")])
def test_a_holder_on_another_host_is_shown_as_running_for_five_times_its_ttl(entry, on_host, age, word):
    on_host("another machine")
    path = entry.take(0).claim.path
    on_host("this machine")
    os.utime(path, (time.time() - age,) * 2)
    assert str(entry.status(1)) == f"{word} (0 of 1)"


def at(pid):
    return replace(Holder.this_process("theirs"), pid=pid, start=start_of(pid))


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("000001.json", 1), ("123456.json", 123456), ("1234567.json", 1234567), ("999999999.json", 999_999_999),
        ("9999999999.json", 0), ("0000001.json", 0), ("000001", 0), ("00001.json", 0), ("000000.json", 0),
        ("\u0661\u0662\u0663\u0661\u0662\u0663.json", 0), ("1" * 250 + ".json", 0),
    ],
)  # fmt: skip
def test_a_claim_is_named_as_the_program_writes_it(name, number):
    assert generation_of(name) == number
