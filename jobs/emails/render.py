"""Filling a template: names from the closed list become values, once; nothing in a template is ever run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from candidates.models import Candidate
from hrassist.lib.errors import DomainError
from jobs.emails.placeholders import EXAMPLES, PLACEHOLDERS, Scene
from jobs.models import Application, EmailTemplate, Interview, Offer

if TYPE_CHECKING:
    from hrassist.models import User

# What stands between the braces is read as a name and looked up; it is no expression.
MARK = re.compile(r"\{\{([^{}]*)\}\}")
MANY_EMPTY_LINES = re.compile(r"\n[ \t]*\n(?:[ \t]*\n)+")


class UnknownPlaceholder(DomainError):
    """A template names what nobody can fill in."""

    code = "unknown_placeholder"


class Unfilled(DomainError):
    """A mail would leave with a placeholder in it."""

    code = "unfilled"
    default_message = "This still has to be filled in: {names}."


@dataclass(frozen=True, slots=True)
class Rendered:
    """The mail as it would leave; what is `missing` still stands in it in its braces and must be filled in by hand."""

    subject: str
    body: str
    missing: tuple[str, ...] = ()


def names(text: str) -> Iterator[str]:
    """What stands between each pair of double braces."""
    return (found[1].strip() for found in MARK.finditer(text))


def check(**fields: str) -> None:
    """Raise UnknownPlaceholder, with the field it stands in, for a name that is not on the list or a brace too many."""
    wrong = {name: [said] for name, text in fields.items() if (said := _what_is_wrong(text))}
    if wrong:
        raise UnknownPlaceholder(next(iter(wrong.values()))[0], fields=wrong)


def _what_is_wrong(text: str) -> str:
    for name in names(text):
        if name not in PLACEHOLDERS:
            near = get_close_matches(name.lower(), PLACEHOLDERS, n=1, cutoff=0.5)
            did_you_mean = f" Did you mean {{{{ {near[0]} }}}}?" if near else ""
            return f"There is no placeholder {{{{ {name[:60]} }}}}.{did_you_mean}"
    rest = MARK.sub("", text)
    if "{{" in rest or "}}" in rest:
        return "A placeholder begins with {{ and ends with }}: one of them stands alone."
    return ""


def require_filled(*texts: str) -> None:
    """Raise Unfilled for a text in which a placeholder is left."""
    left = list(dict.fromkeys(name for text in texts for name in names(text)))
    if left:
        raise Unfilled(names=", ".join(left)[:300])


def render(
    template: EmailTemplate,
    *,
    candidate: Candidate,
    sender: User,
    application: Application | None = None,
    interview: Interview | None = None,
    offer: Offer | None = None,
    extra: Mapping[str, str] | None = None,
) -> Rendered:
    """The mail that this template becomes; `extra` gives values by placeholder and wins over what the rows say.

    Whoever calls has made sure that the sender may see all of it: pay above all.
    """
    scene = Scene(
        candidate=candidate, application=application or (offer.application if offer else None) or
        (interview.application if interview else None), interview=interview, offer=offer, sender=sender,
        language=template.language or "en", extra=extra or {},
    )  # fmt: skip
    return fill(subject=template.subject, body=template.body, scene=scene)


def example(*, subject: str, body: str) -> Rendered:
    """The mail with invented values in every place."""
    return fill(subject=subject, body=body, scene=Scene(extra=EXAMPLES))


def fill(*, subject: str, body: str, scene: Scene) -> Rendered:
    """Put in every value that the scene has; never raises, whatever the texts are."""
    missing: dict[str, None] = {}

    def value(found: re.Match[str]) -> str:
        name = found[1].strip()
        placeholder = PLACEHOLDERS.get(name)
        said = scene.extra.get(name) or (placeholder.value(scene) if placeholder else "")
        # A value is put in as it is and not read again: a person called {{ offer.salary }} learns nothing by it.
        said = said.replace("{{", "{ {").replace("}}", "} }").strip()
        if said or (placeholder and placeholder.optional):
            return said
        missing[name] = None
        return found[0]

    filled_subject = " ".join(MARK.sub(value, subject).split())
    filled_body = MANY_EMPTY_LINES.sub("\n\n", MARK.sub(value, body.replace("\r\n", "\n"))).strip()
    return Rendered(filled_subject[:200], filled_body, tuple(missing))
