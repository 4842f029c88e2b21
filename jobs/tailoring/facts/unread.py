"""Lines with dates that stand in no part that was read of a resume: a tailored one would lack them in silence."""

from __future__ import annotations

import re

from jobs.tailoring.facts.normalise import plain, readable
from jobs.tailoring.facts.skeleton import Skeleton

_YEAR = re.compile(r"(?<!\d)(?:19[5-9]|20[0-4])\d(?!\d)")
_WORD = re.compile(r"[^\W\d_]{3,}")
# Of the words of a line; a heading beside it or a town that nobody keeps is no loss.
ENOUGH = 0.5
# Whose date, or number, is of no job and no course; German, French and Spanish besides.
_NOT_OF_A_LIFE = re.compile(
    r"\b(?:birth|born|dob|geboren|geburts\w*|né|née|naissance|nacid[oa]|nacimiento|updated|stand|printed|declaration"
    r"|phone|tel|telefon|mobile|mobil|handy|fax|teléfono|téléphone|móvil)\b"
)


def unread(skeleton: Skeleton, text: str) -> tuple[str, ...]:
    """Lines of the text with a year in them of which less than half stands anywhere in the skeleton, in order.

    A line of dates alone counts where one of its years is in no part.
    """
    kept = plain(_everything(skeleton))
    words, years = set(_WORD.findall(kept)), set(_YEAR.findall(kept))
    found = []
    for line in text.splitlines():
        said = plain(line)
        dated = set(_YEAR.findall(said))
        if not dated or _NOT_OF_A_LIFE.search(said):
            continue
        own = [word for word in _WORD.findall(said) if word not in _WHEN]
        known = sum(word in words for word in own) / len(own) if own else float(dated <= years)
        if known < ENOUGH:
            found.append(readable(line))
    return tuple(dict.fromkeys(found))


def _everything(skeleton: Skeleton) -> str:
    heads = [f"{one.name} {one.position} {one.place} {one.start} {one.end}" for one in skeleton.entries]
    studies = [f"{one.school} {one.degree} {one.area} {one.start} {one.end}" for one in skeleton.studies]
    own = [skeleton.name, skeleton.label, skeleton.place, skeleton.email, *skeleton.links]
    return "\n".join([*own, *heads, *studies, *skeleton.spans.values()])


# Names of months and words for today and between, which say nothing of what was done.
_WHEN = frozenset(
    _WORD.findall(
        """
        january february march april may june july august september october november december jan feb mar apr
        jun jul aug sep sept oct nov dec januar februar märz mai juni juli oktober dezember jänner okt dez
        janvier février mars avril juin juillet août septembre octobre novembre décembre enero febrero marzo
        abril mayo junio julio agosto septiembre octubre noviembre diciembre present current now today since
        from until till heute bis seit derzeit aujourd hui depuis présent desde hasta actualidad presente date
        ongoing
        """
    )
)
