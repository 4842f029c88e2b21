"""Which stored objects belong to a row: the apps whose rows name keys say so, the sweep asks before it deletes."""

from __future__ import annotations

from collections.abc import Callable, Iterable

# What an app gets: keys of the clean store; it gives back those that its rows name.
Naming = Callable[[list[str]], Iterable[str]]

_namings: list[Naming] = []


def keep(naming: Naming) -> None:
    """Never sweep an object that this app names; adding the same one again changes nothing."""
    if naming not in _namings:
        _namings.append(naming)


def named(keys: list[str]) -> set[str]:
    """Of these keys, those that a row of any app names."""
    return {key for naming in _namings for key in naming(keys)}
