"""Tailored resumes: what a run may take, and how quickly the built-in provider speaks."""

from hrassist import env

# What a run may take of a language model before it stops and asks.
TAILORING_RUN_TOKENS = env.number("HRASSIST_TAILORING_RUN_TOKENS", 100_000, least=1000)
# Seconds between pieces of text of the built-in provider: quick enough to wait for, slow enough to follow.
TAILORING_OFFLINE_PACE = env.number("HRASSIST_TAILORING_OFFLINE_PACE_MS", 12, most=1000) / 1000
