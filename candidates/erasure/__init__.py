"""Removing everything that says who somebody was, in steps that bear to be killed between any two of them."""

from candidates.erasure.claims import Later, Superseded
from candidates.erasure.pipeline import run

__all__ = ["Later", "Superseded", "run"]
