"""The output of another program, or None if it is absent, fails or hangs."""

import sys

from Arch.machine.programs import answer


def test_the_answer_is_what_the_program_prints_without_surrounding_blanks():
    assert answer(sys.executable, "-c", "print(' two\\nlines '); print()") == "two\nlines"


def test_a_program_that_is_absent_fails_or_hangs_has_no_answer():
    assert answer("no-such-program") is None
    assert answer(sys.executable, "-c", "print(1); raise SystemExit(3)") is None
    assert answer(sys.executable, "-c", "import time; time.sleep(60)", seconds=0.2) is None
