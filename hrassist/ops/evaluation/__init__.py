"""Measures reading and ranking on labelled data: plain functions that return reports, no argparse."""
