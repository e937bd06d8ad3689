"""The one error of installing that a person reads."""

from __future__ import annotations


class Refusal(Exception):
    """Something is in the way; the sentence says what, and what to do. Nothing was written."""
