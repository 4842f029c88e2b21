"""Figures and papers: what the steps of applications add up to, and the letter of an offer."""
