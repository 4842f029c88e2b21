"""The language models that may be used: set, tested, switched on and off by who answers for them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction

from audit import actions as audit
from hrassist.identity import sealing
from hrassist.lib import egress, llm
from hrassist.lib.errors import Conflict, DomainError
from jobs.models import ModelEndpoint
from jobs.tailoring import asking, providers

if TYPE_CHECKING:
    from hrassist.models import User

FACTS = ("name", "dialect", "base_url", "model", "price_in", "price_out", "month_budget", "month_tokens")
# What the settings say of a language model that is given by them; prices, budgets and the switch stay with its page.
GIVEN = ("name", "dialect", "base_url", "model")
TEST_SECONDS = 30.0
GIVEN_BY_SETTINGS = (
    "This language model is given by the settings HRASSIST_LLM_*. An operator changes them and runs manage.py "
    "language_model again; prices, budgets and the switch can be changed here."
)
WRONG_FORM = "It answered, but not in the form that it was asked for."
TO_NAME = (
    "An operator names the host in HRASSIST_EGRESS_HOSTS first, or host and port of a model in your own network "
    "without TLS in HRASSIST_EGRESS_PLAIN_HOSTS."
)
TEST_SCHEMA = {
    "type": "object", "additionalProperties": False, "required": ["ok"], "properties": {"ok": {"type": "boolean"}},
}  # fmt: skip


@transaction.atomic
def save(
    *, endpoint: ModelEndpoint | None, facts: Mapping[str, Any], key: str, enabled: bool, by: User,
    expected_updated_at: str = "", by_settings: bool = False,
) -> ModelEndpoint:  # fmt: skip
    """Write one down; an empty key keeps the one there is, which nobody is ever shown again.

    Raises DomainError with fields for what cannot be, Conflict where somebody changed it meanwhile or where it is given
    by the settings, whose words only `by_settings` changes.
    """
    if not by_settings:
        _require_not_given(endpoint, facts, key=key)
    row = ModelEndpoint.objects.select_for_update().get(pk=endpoint.pk) if endpoint else ModelEndpoint()
    if endpoint and expected_updated_at and row.updated_at.isoformat() != expected_updated_at:
        raise Conflict("Somebody changed this language model since you opened it. Open it again.", code="changed")
    before = {name: getattr(row, name) for name in FACTS} if endpoint else {}
    for name in FACTS:
        setattr(row, name, facts.get(name, ""))
    row.enabled, row.updated_by = enabled, by
    if key:
        row.sealed_key = sealing.seal(key)
    moved = endpoint is not None and (row.base_url, row.dialect) != (before["base_url"], before["dialect"])
    if moved and not key and row.sealed_key:
        # A key is for whom it was given to: another address does not get it.
        row.sealed_key = ""
    try:
        row.full_clean(exclude=["updated_by"])
    except ValidationError as error:
        raise DomainError("Some of this cannot be saved.", code="invalid", fields=error.message_dict) from error
    _require_permitted(row)
    row.test_said, row.tested_at = ("", None) if moved or key else (row.test_said, row.tested_at)
    row.save()
    changed = sorted(name for name in FACTS if not endpoint or getattr(row, name) != before[name])
    audit.record(
        "language_model.changed" if endpoint else "language_model.created", target=row, by=by, fields=changed,
        enabled=enabled, key_changed=bool(key),
    )  # fmt: skip
    return row


def is_given(name: str) -> bool:
    """Whether the language model of this name is given by the settings."""
    return bool(settings.LLM_KIND) and name == settings.LLM_NAME


def _require_not_given(endpoint: ModelEndpoint | None, facts: Mapping[str, Any], *, key: str) -> None:
    known = endpoint is not None and is_given(endpoint.name)
    if known and not key and all(facts.get(name) == getattr(endpoint, name) for name in GIVEN):
        return
    if known or is_given(facts.get("name", "")):
        raise Conflict(GIVEN_BY_SETTINGS, code="given_by_settings")


def save_given(*, by: User, enabled: bool | None) -> ModelEndpoint:
    """Write down the language model of the settings, switched off unless it was on or is to be.

    Raises DomainError where the settings name none, their file of a key cannot be read, or it cannot be saved.
    """
    if not settings.LLM_KIND:
        raise DomainError("The settings name no language model: HRASSIST_LLM_KIND is not set.", code="none_given")
    row = ModelEndpoint.objects.filter(name=settings.LLM_NAME).first()
    as_before = row or ModelEndpoint()
    facts = {name: getattr(as_before, name) for name in FACTS} | {
        "name": settings.LLM_NAME, "dialect": settings.LLM_KIND, "base_url": settings.LLM_URL,
        "model": settings.LLM_MODEL,
    }  # fmt: skip
    on = as_before.enabled if enabled is None else enabled
    return save(endpoint=row, facts=facts, key=_given_key(), enabled=on, by=by, by_settings=True)


def _given_key() -> str:
    if not settings.LLM_KEY_FILE:
        return ""
    try:
        key = Path(settings.LLM_KEY_FILE).read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        raise DomainError(
            f"HRASSIST_LLM_KEY_FILE names {settings.LLM_KEY_FILE}, which cannot be read.", code="no_key"
        ) from error
    if not key:
        raise DomainError(f"HRASSIST_LLM_KEY_FILE names {settings.LLM_KEY_FILE}, which is empty.", code="no_key")
    return key


def _require_permitted(row: ModelEndpoint) -> None:
    """An address that may not be called is not written down as one that is used."""
    url = row.base_url or llm.DIALECTS[row.dialect].base_url
    if not url:
        raise DomainError("Say where this model is.", code="invalid", fields={"base_url": ["Give its address."]})
    if not row.enabled:
        return
    try:
        egress.checked(url, plain=True)
    except egress.EgressRefused as error:
        raise DomainError(
            error.message, code="egress_refused",
            fields={"base_url": [f"{error.message} {TO_NAME}"]},
        ) from error  # fmt: skip


def test(*, endpoint: ModelEndpoint, by: User, now: datetime) -> ModelEndpoint:
    """Ask the model for one word of JSON and keep how that went; nothing of anybody is sent."""
    said = ""
    try:
        client = providers.endpoint(endpoint)
        messages = [
            llm.Message("system", "Answer in JSON only."),
            llm.Message("user", 'Answer {"ok": true}.'),
        ]
        chunks = client.stream(
            messages, schema=TEST_SCHEMA, max_tokens=50, deadline=llm.Deadline.in_seconds(TEST_SECONDS),
            waits=lambda: None,
        )  # fmt: skip
        text = "".join(one.text for one in chunks if isinstance(one, llm.Piece))
        if asking.read(text, TEST_SCHEMA) != {"ok": True}:
            said = WRONG_FORM
    except ValueError:
        said = WRONG_FORM
    except DomainError as error:
        said = error.message
    with transaction.atomic():
        ModelEndpoint.objects.filter(pk=endpoint.pk).update(tested_at=now, test_said=said[:300])
        audit.record("language_model.tested", target=endpoint, by=by, passed=not said)
    endpoint.tested_at, endpoint.test_said = now, said[:300]
    return endpoint


@transaction.atomic
def remove(*, endpoint: ModelEndpoint, by: User) -> None:
    """Forget an endpoint with its key; runs that used it keep its name."""
    if is_given(endpoint.name):
        raise Conflict(GIVEN_BY_SETTINGS, code="given_by_settings")
    audit.record("language_model.removed", target=endpoint, by=by)
    endpoint.delete()


def allowed_hosts() -> list[str]:
    return list(settings.EGRESS_HOSTS)
