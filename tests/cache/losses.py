"""Simulates each cause of a lost lease."""

from dataclasses import replace
from pathlib import Path

from Arch import files


def take_over(lease):
    """Writes the claim that another host writes after it saw no heartbeat for the TTL."""
    later = replace(
        lease.claim,
        path=lease.claim.path.replace("000001", "000002"),
        generation=2,
        holder=replace(lease.claim.holder, boot="elsewhere", nonce="theirs"),
    )
    Path(later.path).write_text(later.text())
    return lease.index


LOSSES = {
    "taken over": take_over,
    "ended": lambda lease: lease.end("crashed"),
    "removed": lambda lease: Path(lease.claim.path).unlink(),
    "all removed": lambda lease: files.remove_tree(Path(lease.claim.path).parent),
    "unreadable": lambda lease: Path(lease.claim.path).write_text("{"),
    "made anew after its run was committed and removed": lambda lease: Path(lease.claim.path).write_text(
        replace(lease.claim, holder=replace(lease.claim.holder, nonce="another")).text()
    ),
}
