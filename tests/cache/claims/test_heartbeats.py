"""Whether a holder on another host is alive is decided from its heartbeats and the local clock alone."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from Arch.cache.claims.claim import Claim
from Arch.cache.claims.heartbeats import Heartbeats
from Arch.errors import RunHeldError

YEARS = 10 * 365 * 86_400


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def heartbeats(clock):
    return Heartbeats(clock)


@pytest.fixture
def theirs(entry, on_host):
    """A lease taken on another host."""
    on_host("theirs")
    lease = entry.take(0)
    on_host("ours")
    return lease


def beat(lease, time):
    os.utime(lease.claim.path, (time, time))


@pytest.mark.parametrize("skew", [-YEARS, 0, YEARS])
def test_a_remote_claim_is_held_until_no_heartbeat_came_for_its_ttl_for_any_clock_skew(theirs, heartbeats, clock, skew):
    beat(theirs, 1_700_000_000 + skew)
    assert heartbeats.is_held(theirs.claim)
    clock.now += 60.0
    assert heartbeats.is_held(theirs.claim)
    clock.now += 0.1
    assert not heartbeats.is_held(theirs.claim)


def test_a_remote_claim_with_heartbeats_stays_held_even_if_their_times_go_back(theirs, heartbeats, clock):
    for hour in range(100):
        beat(theirs, 1_700_000_000 - hour)
        assert heartbeats.is_held(theirs.claim)
        clock.now += 3600


def test_a_single_observation_never_shows_that_a_holder_is_dead(theirs, clock):
    beat(theirs, 0)
    assert all(Heartbeats(clock).is_held(theirs.claim) for _ in range(5))


def test_a_holder_that_adopted_the_claim_has_a_ttl_of_its_own(entry, theirs, heartbeats, clock):
    beat(theirs, 1_700_000_000)
    assert heartbeats.is_held(theirs.claim)
    clock.now += 61
    handed = replace(theirs.claim, holder=replace(theirs.claim.holder, pid=theirs.claim.holder.pid + 1))
    Path(handed.path).write_text(handed.text())
    beat(theirs, 1_700_000_000)
    assert heartbeats.is_held(Claim.read(handed.path, 1))


def test_an_ended_or_removed_claim_is_not_held(theirs, heartbeats):
    assert not heartbeats.is_held(replace(theirs.claim, end="stopped"))
    Path(theirs.claim.path).unlink()
    assert not heartbeats.is_held(theirs.claim)


def test_a_run_held_on_another_host_is_taken_over_after_its_ttl_and_not_before(entry, theirs, heartbeats, clock):
    beat(theirs, 1_700_000_000)
    for _ in range(2):
        with pytest.raises(RunHeldError) as held:
            entry.take(0, heartbeats=heartbeats)
        assert held.value.claim == theirs.claim
        clock.now += 60.0
    clock.now += 0.1
    assert entry.take(0, heartbeats=heartbeats).generation == 2


def test_without_earlier_observations_a_run_held_on_another_host_is_never_taken(entry, theirs):
    for _ in range(3):
        with pytest.raises(RunHeldError, match=f"is being made by process {os.getpid()} on "):
            entry.take(0)


def test_holders_in_other_containers_of_the_same_boot_are_judged_by_heartbeats(
    entry, on_host, heartbeats, clock, in_child
):
    on_host("machine", "pid:[4026531001]")
    in_child(lambda: entry.take(0) and os._exit(0))  # its PID means nothing in the next container
    on_host("machine", "pid:[4026531002]")
    with pytest.raises(RunHeldError):
        entry.take(0, heartbeats=heartbeats)
    clock.now += 61
    assert entry.take(0, heartbeats=heartbeats).generation == 2


def test_a_dead_holder_in_the_same_container_is_detected_at_once(entry, on_host, heartbeats, in_child):
    on_host("machine", "pid:[4026531001]")
    in_child(lambda: entry.take(0) and os._exit(0))
    assert entry.take(0, heartbeats=heartbeats).generation == 2
