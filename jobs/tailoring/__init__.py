"""Tailors a resume to a job: agents propose, a deterministic checker decides, a person approves."""
