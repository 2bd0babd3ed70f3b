"""A resolved config: what is read is what is named."""

from __future__ import annotations
