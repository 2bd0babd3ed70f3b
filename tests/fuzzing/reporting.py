"""Prints findings, each so that it can be repeated, and the summary of campaigns."""

from __future__ import annotations

import platform
from collections.abc import Mapping

from tests.fuzzing.campaign import Finding, Tally

_MOST_LINES = 200


def shown_finding(finding: Finding) -> str:
    """Returns a finding with what repeats it, in printable characters."""
    violation = finding.violation
    lines = (
        f"{finding.kind} {finding.number}: {violation.kind}: {violation.details}",
        f"    {finding.mutation}",
        f"    {finding.command}",
        f"    again: fuzz.py {finding.kind} --seed {finding.seed} --only {finding.number}",
    )
    return "\n".join("".join(each if each.isprintable() else f"\\u{ord(each):04x}" for each in line) for line in lines)


def report(tallies: Mapping[str, Tally], seed: int, seconds: float) -> str:
    """Returns the summary of campaigns: counts by kind, and each fault once."""
    lines = [f"tests/fuzzing/fuzz.py, seed {seed}, Python {platform.python_version()}, {seconds:.0f} s", ""]
    lines.append(f"{'kind':<10}{'inputs':>8}{'commands':>10}{'not 0':>8}{'slowest':>10}{'violations':>12}")
    for name, tally in tallies.items():
        counts = f"{tally.inputs:>8,}{tally.commands:>10,}{tally.refused:>8,}{tally.slowest:>8.1f} s"
        lines.append(f"{name:<10}{counts}{len(tally.findings):>12,}")
    findings = [finding for tally in tallies.values() for finding in tally.findings]
    faults: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in findings:
        faults.setdefault(finding.fault, []).append(finding)
    lines += ["", f"{len(faults)} different faults" if faults else "no violation"]
    for same in sorted(faults.values(), key=len, reverse=True)[:_MOST_LINES]:
        lines += ["", f"{len(same)} times, first:", shown_finding(same[0])]
    return "\n".join(lines) + "\n"
