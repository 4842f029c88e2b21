"""What bounds an answer: the length of each text and list in its form, and five limits of time."""

from __future__ import annotations

import pytest

from hrassist.lib import egress_stream, llm
from jobs.tailoring import asking, pipeline
from jobs.tailoring.agents import AGENTS, repair_schema
from jobs.tailoring.draft import Draft, Line
from jobs.tailoring.stored import material_of

pytestmark = pytest.mark.django_db


def unbounded(schema, at="the whole"):
    """Where a form lets a model write for ever: a grammar of JSON allows endless white space and endless lists."""
    found = []
    kind = schema.get("type")
    if kind == "string" and not schema.get("enum") and not schema.get("maxLength"):
        found.append(f"{at}: a text of any length")
    if kind == "array":
        if "maxItems" not in schema:
            found.append(f"{at}: a list of any length")
        found += unbounded(schema["items"], f"{at}/items")
    if kind == "object":
        if schema.get("additionalProperties") is not False:
            found.append(f"{at}: any other property")
        if set(schema["required"]) != set(schema["properties"]):
            found.append(f"{at}: a property that may be missing")
        for name, one in schema["properties"].items():
            found += unbounded(one, f"{at}/{name}")
    if kind not in ("string", "array", "object", "boolean"):
        found.append(f"{at}: {kind}")
    return found


def draft_with_lines(material):
    lines = [Line(bullet.id, "Worded anew", (bullet.id,)) for bullet in material.source.skeleton.entries[0].bullets]
    draft = Draft()
    for line in lines:
        draft = draft.with_line(line)
    return draft, lines


@pytest.mark.parametrize("agent", AGENTS, ids=lambda one: one.name)
def test_every_text_and_list_of_an_agents_form_has_a_longest(begun, agent):
    material = material_of(begun)
    draft, _ = draft_with_lines(material)
    assert unbounded(agent.schema(material, draft)) == []
    assert agent.schema(material, draft)["properties"]
    # Every answer is cut off somewhere.
    assert 0 < agent.most_tokens <= 8000


def test_so_has_the_form_of_a_repair(begun):
    material = material_of(begun)
    _, lines = draft_with_lines(material)
    schema = repair_schema(lines, material.source.skeleton)
    assert unbounded(schema) == []
    assert schema["properties"]["lines"]["maxItems"] == len(lines) > 0


def test_a_form_without_a_bound_is_noticed():
    text = {"type": "string"}
    form = {"type": "object", "properties": {"a": text, "b": {"type": "array", "items": text}}, "required": ["a"]}
    assert len(unbounded(form)) == 5


class Asked(Exception):
    pass


def test_the_five_limits_of_time_are_what_the_pages_say(monkeypatch):
    given = {}

    def stream(_method, _url, **options):
        given.update(options)
        raise Asked

    monkeypatch.setattr(egress_stream, "stream", stream)
    endpoint = llm.Endpoint(name="m", dialect="openai", base_url="https://models.example/v1", model="m", key="")
    run = llm.Deadline.in_seconds(pipeline.RUN_SECONDS)
    with pytest.raises(Asked):
        list(
            endpoint.stream(
                [llm.Message("system", "Answer.")], schema={}, max_tokens=10,
                deadline=run.sooner(asking.STEP_SECONDS), waits=lambda: None,
            )
        )  # fmt: skip
    # To connect, until the first word, between two, for a step, for a run.
    assert (given["connect_seconds"], given["first_seconds"], given["silent_seconds"]) == (5, 60, 30)
    assert 179 < given["seconds"] <= 180
    assert (asking.STEP_SECONDS, pipeline.RUN_SECONDS) == (180, 15 * 60)
