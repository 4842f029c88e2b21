"""A language model that the settings give: written down by a command, off by default, and not changed on its page."""

from __future__ import annotations

import logging

import pytest
from django.core.management import CommandError, call_command

from audit.models import Event
from hrassist.identity import sealing
from hrassist.lib import llm
from hrassist.lib.errors import Conflict
from hrassist.settings import tailoring
from jobs.actions import model_endpoints
from jobs.models import ModelEndpoint
from jobs.tailoring import providers
from tests.hiring import ModelEndpointFactory

pytestmark = pytest.mark.django_db
HOST = "models.example.org"
KEY = "sk-very-secret"


@pytest.fixture(autouse=True)
def given(settings, tmp_path):
    """Settings that name a language model on a host that may be called."""
    path = tmp_path / "llm.key"
    path.write_text(f"{KEY}\n")
    settings.LLM_KIND, settings.LLM_NAME, settings.LLM_MODEL = "openai", "House model", "m-1"
    settings.LLM_URL, settings.LLM_KEY_FILE = f"https://{HOST}/v1", str(path)
    settings.EGRESS_HOSTS = [HOST]
    return path


def write(operator, *options):
    call_command("language_model", operator.username, *options)
    return ModelEndpoint.objects.get()


def facts(row, **others):
    return {name: getattr(row, name) for name in model_endpoints.FACTS} | others


def test_kinds_are_those_that_there_are_clients_for():
    assert set(tailoring.LLM_KINDS) == set(llm.DIALECTS) == set(ModelEndpoint.Dialect.values)


def test_it_is_written_down_switched_off_and_on_only_by_a_word(operator):
    row = write(operator)
    assert (row.name, row.dialect, row.base_url, row.model) == ("House model", "openai", f"https://{HOST}/v1", "m-1")
    assert (row.enabled, providers.offered()) == (False, [providers.offered()[0]])
    assert write(operator, "--on").enabled
    assert [name for name, _ in providers.offered()] == ["offline", "House model"]
    # Releases run it again: what an operator switched is left.
    assert write(operator).enabled
    assert not write(operator, "--off").enabled


def test_its_key_is_kept_sealed_and_told_nowhere(operator, capsys, caplog):
    with caplog.at_level(logging.DEBUG):
        row = write(operator)
    assert sealing.unseal(row.sealed_key) == KEY
    printed = capsys.readouterr()
    events = str(list(Event.objects.values_list("action", "changes")))
    assert "language_model.created" in events
    assert KEY not in printed.out + printed.err + caplog.text + events + row.sealed_key


def test_it_cannot_be_switched_on_where_its_host_may_not_be_called(operator, settings):
    settings.EGRESS_HOSTS = []
    with pytest.raises(CommandError, match="HRASSIST_EGRESS_HOSTS"):
        call_command("language_model", operator.username, "--on")
    assert not ModelEndpoint.objects.exists()
    assert not write(operator).enabled


def test_what_the_settings_say_later_takes_the_place_of_before_and_budgets_stay(operator, settings):
    row = write(operator, "--on")
    ModelEndpoint.objects.update(month_tokens=777)
    settings.LLM_MODEL = "m-2"
    again = write(operator)
    assert (again.pk, again.model, again.month_tokens, again.enabled) == (row.pk, "m-2", 777, True)


@pytest.mark.parametrize("text", ["", "\n", None], ids=["empty", "blank", "missing"])
def test_a_key_that_cannot_be_read_is_said(operator, given, text):
    given.unlink() if text is None else given.write_text(text)
    with pytest.raises(CommandError, match="HRASSIST_LLM_KEY_FILE names"):
        call_command("language_model", operator.username)
    assert not ModelEndpoint.objects.exists()


def test_without_settings_there_is_nothing_to_write_down(operator, settings):
    settings.LLM_KIND = ""
    with pytest.raises(CommandError, match="HRASSIST_LLM_KIND is not set"):
        call_command("language_model", operator.username)


@pytest.mark.parametrize("name", ["nobody", "recruiter"])
def test_somebody_answers_for_it_who_may(recruiter, name):
    with pytest.raises(CommandError):
        call_command("language_model", recruiter.username if name == "recruiter" else name)
    assert not ModelEndpoint.objects.exists()


@pytest.mark.parametrize(
    "others", [{"name": "Mine"}, {"dialect": "ollama"}, {"base_url": "https://elsewhere.example/v1"}, {"model": "m-9"}]
)
def test_nobody_changes_on_a_page_what_the_settings_say(operator, others):
    row = write(operator)
    with pytest.raises(Conflict, match="HRASSIST_LLM_"):
        model_endpoints.save(endpoint=row, facts=facts(row, **others), key="", enabled=False, by=operator)
    with pytest.raises(Conflict):
        model_endpoints.save(endpoint=row, facts=facts(row), key="sk-other", enabled=False, by=operator)
    with pytest.raises(Conflict):
        model_endpoints.remove(endpoint=row, by=operator)
    other = ModelEndpointFactory()
    with pytest.raises(Conflict):
        model_endpoints.save(
            endpoint=other, facts=facts(other, name="House model"), key="", enabled=False, by=operator
        )  # fmt: skip


def test_its_page_says_so_and_switches_it(operator, client_as):
    row, client = write(operator), client_as(operator)
    address = f"/jobs/modelendpoint/{row.pk}/change/"
    said = client.get(address).content.decode()
    assert "given by the settings HRASSIST_LLM_*" in said
    assert "Remove House model" not in said
    sent = {"name": "Mine", "dialect": "ollama", "base_url": "https://elsewhere.example/v1", "model": "m-9",
            "key": "sk-other", "price_in": "1", "price_out": "2", "month_budget": "3", "month_tokens": "4",
            "enabled": "on"}  # fmt: skip
    assert client.post(address, sent).status_code == 302
    row.refresh_from_db()
    assert (row.name, row.dialect, row.model, row.month_tokens, row.enabled) == (
        "House model",
        "openai",
        "m-1",
        4,
        True,
    )
    assert sealing.unseal(row.sealed_key) == KEY
    client.post(address, {"do": "remove"})
    assert ModelEndpoint.objects.filter(pk=row.pk).exists()


def test_one_that_operators_add_on_the_page_is_theirs(operator, client_as):
    row = ModelEndpointFactory(name="Another")
    assert (
        "given by the settings" not in client_as(operator).get(f"/jobs/modelendpoint/{row.pk}/change/").content.decode()
    )
    model_endpoints.remove(endpoint=row, by=operator)


def test_a_language_model_is_off_unless_somebody_says_otherwise(operator, client_as):
    """Of the row, of the form and of the command alike."""
    assert ModelEndpoint._meta.get_field("enabled").default is False
    client_as(operator).post("/jobs/modelendpoint/add/", {
        "name": "Quiet", "dialect": "openai", "base_url": f"https://{HOST}/v1", "model": "m", "key": "sk",
        "price_in": "0", "price_out": "0", "month_budget": "1", "month_tokens": "1000",
    })  # fmt: skip
    row = ModelEndpoint.objects.get(name="Quiet")
    assert not row.enabled
    assert "Quiet" not in dict(providers.offered())
