"""Each check of the fuzzer finds the violation that is planted for it, and none where nothing is wrong."""

import dataclasses

import pytest

from tests.fuzzing.campaign import Campaign
from tests.fuzzing.checks import violations
from tests.fuzzing.command import Command, Outcome
from tests.fuzzing.configs import CONFIGS
from tests.fuzzing.fork_server import ForkServer
from tests.fuzzing.kind import Kind, Trial
from tests.fuzzing.reporting import shown_finding
from tests.fuzzing.sandbox import Sandbox
from tests.golden.copies import contents

COMMAND = Command(("ls",), writes=("figures", "figures/*"))


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = ForkServer(tmp_path_factory.mktemp("server"), has_torch=False)
    yield server
    server.close()


@pytest.fixture
def found(server, tmp_path):
    """Runs a program of `planted` and returns the kinds of violations, and their details."""

    def found(name, seconds=10.0, **changes):
        sandbox = Sandbox(tmp_path / "sandbox")
        sandbox.renew()
        command = dataclasses.replace(COMMAND, setup=f"tests.fuzzing.planted:{name}", **changes)
        outcome = server.run(command, sandbox.folder, seconds=seconds)
        all_found = violations(command, outcome)
        return [(each.kind, each.details) for each in all_found] + [("outside", each) for each in sandbox.harm()]

    return found


def test_nothing_is_found_in_an_answer_that_is_as_it_should_be(found):
    assert found("nothing", must_fail=False, shows=("a word",)) == []


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("escapes", "control character", "x1b"),
        ("turns", "control character", "u202e"),
        ("prints_bytes", "no UTF-8", "udcff"),
        ("raises", "exception", "ValueError"),
        ("logs", "traceback", "KeyError: 1"),
        ("dies", "killed", "signal 11"),
        ("takes_memory", "exception", "MemoryError"),
        ("writes_beside", "outside", "opens for writing SANDBOX/in/other.txt"),
        ("writes_natively", "outside", "appeared beside the input: beside"),
        ("removes", "outside", "os.remove SANDBOX/canary/secret.txt"),
        ("reads_through_a_link", "outside", "reads SANDBOX/canary/secret.txt"),
        ("runs_code", "outside", "appeared beside the input: ran"),
        ("starts_a_shell", "outside", "os.system"),
        ("reaches_out", "outside", "example.invalid"),
        ("talks", "long message", "1048576"),
    ],
)
def test_a_planted_violation_is_found(name, kind, words, found):
    assert any(each == kind and words in details for each, details in found(name)), found(name)


def test_a_program_that_does_not_end_is_stopped_and_the_place_is_told(found):
    ((kind, details),) = found("sleeps", seconds=0.3)
    assert kind == "hang"
    assert "planted.py" in details


def test_a_damaged_input_must_not_be_accepted_and_not_be_refused_without_a_word(found):
    assert [kind for kind, _ in found("accepts", must_fail=True)] == ["exit code"]
    assert [kind for kind, _ in found("says_nothing", must_fail=True)] == ["silence"]


def test_what_is_not_shown_is_found(found):
    assert found("nothing", shows=("a word", "another")) == [("hidden", "ls does not show another")]


def test_a_finding_says_how_to_repeat_it_in_printable_characters(tmp_path):
    setup = "tests.fuzzing.planted:escapes"
    trial = Trial("a \x1b of mine", (dataclasses.replace(COMMAND, setup=setup),))
    kind = Kind("configs", 1, lambda *_: None, lambda *_: trial)
    with Campaign(kind, 7, tmp_path) as campaign:
        tally = campaign.run([5])
    (finding,) = tally.findings
    assert (tally.inputs, tally.commands) == (1, 1)
    assert "fuzz.py configs --seed 7 --only 5" in shown_finding(finding)
    assert "\x1b" not in shown_finding(finding)


def test_an_answer_that_is_that_to_the_sound_input_may_succeed(tmp_path):
    """The program ignores its input, so that no change has an effect."""
    command = dataclasses.replace(COMMAND, setup="tests.fuzzing.planted:accepts", must_fail=True)
    with Campaign(Kind("configs", 1, lambda *_: None, lambda *_: Trial("", (command,))), 0, tmp_path) as campaign:
        assert campaign.run([0]).findings == []


def test_an_input_is_the_same_for_the_same_seed_and_number(tmp_path):
    inputs = []
    for numbers in ([3], [1, 2, 3]):
        with Campaign(CONFIGS, 11, tmp_path / "a") as campaign:
            trials = [campaign.mutated(number) for number in numbers]
        inputs.append((trials[-1].mutation, contents(tmp_path / "a/input/in/configs")))
    assert inputs[0] == inputs[1]
    assert inputs[0][1] != contents(tmp_path / "a/sound/in/configs")


def test_the_outcome_of_a_command_survives_its_way_through_a_pipe():
    outcome = Outcome(3, "out", "err", "raised", ("event",), 0.5)
    assert Outcome.of(outcome.document()) == outcome
