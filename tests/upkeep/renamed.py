"""Helpers of the tests of migrations."""

import hashlib
import json

from Arch.upkeep.rehash import migration

TEACHER = {"Model": "Net", "Seed": 7}


def literal(**named):
    """Returns the fingerprint of values that differ from their defaults, by its definition."""
    text = json.dumps(named, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def names(plan):
    return {each.move.source: each.move.target for each in plan.renamings}


def stays(plan):
    return {each.fingerprint: each.obstacle for each in plan.staying}


def carry_out(workspace, plan):
    root = workspace.store.root
    return migration.apply(root, migration.begin(root, [each.move for each in plan.renamings]))
