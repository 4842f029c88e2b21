"""The language models that may be used: set, tested, switched on and off by who answers for them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
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
TEST_SECONDS = 30.0
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
    expected_updated_at: str = "",
) -> ModelEndpoint:  # fmt: skip
    """Write one down; an empty key keeps the one there is, which nobody is ever shown again.

    Raises DomainError with fields for what cannot be, Conflict where somebody changed it meanwhile.
    """
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
    audit.record("language_model.removed", target=endpoint, by=by)
    endpoint.delete()


def allowed_hosts() -> list[str]:
    return list(settings.EGRESS_HOSTS)
