"""The test of a connection: what an operator is told of a model that answers, and of one that does not."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from hrassist.identity import sealing
from hrassist.lib import llm
from jobs.actions import model_endpoints
from jobs.models import ModelEndpoint
from jobs.tailoring import providers
from tests.hiring import ModelEndpointFactory
from tests.hrassist.lib.egress.conftest import named, names, server  # noqa: F401  its fixtures
from tests.hrassist.lib.egress.outside import HOST
from tests.jobs.tailoring import model_server

pytestmark = pytest.mark.django_db
GOOD = '{"ok": true}'


@pytest.fixture
def endpoint(server, operator):  # noqa: F811
    facts = {
        "name": "Test", "dialect": "openai", "base_url": f"https://{HOST}:{server.port}/v1", "model": "m",
        "price_in": 0, "price_out": 0, "month_budget": 20, "month_tokens": 1000,
    }  # fmt: skip
    return model_endpoints.save(endpoint=None, facts=facts, key="sk-secret", enabled=True, by=operator)


@pytest.mark.parametrize("said", [GOOD, ' {"ok":true}\n', f"```json\n{GOOD}\n```"])
def test_one_that_answers_in_its_form_passes(endpoint, operator, server, noon, events, said):  # noqa: F811
    server.answer = model_server.says(said)
    tested = model_endpoints.test(endpoint=endpoint, by=operator, now=noon)
    tested.refresh_from_db()
    assert (tested.tested_at, tested.test_said) == (noon, "")
    assert events("language_model.tested")[-1].changes == {"passed": True}
    assert b"Authorization: Bearer sk-secret" in server.requests[-1]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (model_server.refuses(401), llm.ModelRefusedKey.default_message),
        (model_server.refuses(403), llm.ModelRefusedKey.default_message),
        (model_server.refuses(404), "The language model refused the request (status 404)."),
        (model_server.refuses(429), llm.ModelRateLimited.default_message),
        (model_server.refuses(500), llm.ModelUnreachable.default_message),
        (model_server.cut('{"ok": tr'), llm.ModelCutOff.default_message),
        (model_server.says(GOOD, reason="length"), llm.ModelCutOff.default_message),
        (model_server.says("It is true that I am ok."), model_endpoints.WRONG_FORM),
        (model_server.says('{"ok": "true"}'), model_endpoints.WRONG_FORM),
        (model_server.says('{"ok": true, "more": 1}'), model_endpoints.WRONG_FORM),
        (model_server.says('{"ok": false}'), model_endpoints.WRONG_FORM),
        (model_server.says(""), model_endpoints.WRONG_FORM),
    ],
)
def test_one_that_does_not_is_told_with_what_is_wrong(endpoint, operator, server, noon, events, answer, told):  # noqa: F811
    server.answer = answer
    tested = model_endpoints.test(endpoint=endpoint, by=operator, now=noon)
    tested.refresh_from_db()
    assert tested.tested_at == noon
    assert tested.test_said.startswith(told)
    assert len(server.requests) == 1
    assert "sk-secret" not in tested.test_said
    assert events("language_model.tested")[-1].changes == {"passed": False}


def test_one_that_may_not_be_called_is_told_too(endpoint, operator, settings, noon, server):  # noqa: F811
    settings.EGRESS_HOSTS = settings.EGRESS_INTERNAL_HOSTS = []
    tested = model_endpoints.test(endpoint=endpoint, by=operator, now=noon)
    assert tested.test_said.startswith("The language model may not be called:")
    assert server.requests == []


def test_the_page_says_how_it_went_and_the_list_keeps_it(endpoint, operator, client_as, server):  # noqa: F811
    client = client_as(operator)
    address = reverse("admin:jobs_modelendpoint_change", args=[endpoint.pk])
    rows = reverse("admin:jobs_modelendpoint_changelist")
    assert "not tested" in client.get(rows).content.decode()
    for answer, told, badge in (
        (model_server.refuses(401), llm.ModelRefusedKey.default_message, "failed"),
        (model_server.says(GOOD), "Test answered as it should.", "works"),
    ):
        server.answer = answer
        assert told in client.post(address, {"do": "test"}, follow=True).content.decode()
        assert badge in client.get(rows).content.decode()


def test_a_new_key_or_address_is_one_that_nobody_has_tested(endpoint, operator):
    for facts, key in (({}, "sk-new"), ({"base_url": f"https://{HOST}/v2"}, "")):
        ModelEndpoint.objects.update(tested_at=timezone.now(), test_said="It is away.")
        was = {name: getattr(endpoint, name) for name in model_endpoints.FACTS}
        row = model_endpoints.save(endpoint=endpoint, facts=was | facts, key=key, enabled=False, by=operator)
        assert (row.tested_at, row.test_said) == (None, "")


FORMER, PRESENT = (
    "former-key-" + "Zq3Vx7Lm2Nc9Bp5Rt1Ys6Wd4Fg0Hj" * 2,
    "present-key-" + "Hj0Gf4Dw6Sy1Tr5Pb9Cn2Ml7Xv3Qz" * 2,
)


def test_a_key_is_sealed_anew_at_its_use_so_that_the_former_secret_can_go(settings):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = FORMER, []
    row = ModelEndpointFactory(sealed_key=sealing.seal("sk-very-secret"))
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = PRESENT, [FORMER]
    assert providers.endpoint(row)._key == "sk-very-secret"
    settings.SECRET_KEY_FALLBACKS = []
    row.refresh_from_db()
    assert providers.endpoint(row)._key == "sk-very-secret"


def test_a_key_that_nothing_opens_says_what_an_operator_does(settings):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = FORMER, []
    row = ModelEndpointFactory(sealed_key=sealing.seal("sk-very-secret"))
    settings.SECRET_KEY = PRESENT
    with pytest.raises(llm.ModelRefusedKey, match=r"sealed with another SECRET_KEY\. An operator enters it anew"):
        providers.endpoint(row)
