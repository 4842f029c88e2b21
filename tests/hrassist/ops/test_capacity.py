"""Capacity: from what a request costs to a machine, and to more than one."""

from __future__ import annotations

import copy
import io
import json

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from hrassist.ops import capacity

TOLD = copy.deepcopy(capacity.load(settings.CAPACITY_CONFIG))
ROUND = TOLD | {"measured": TOLD["measured"] | {"list": 70, "person": 70, "dashboard": 70, "api_list": 7}}


def test_the_figures_were_measured_and_say_where():
    assert all(TOLD["measured"][kind] > 1 for kind in ("list", "person", "dashboard", "api_list", "api_one"))
    assert "processors" in TOLD["measured"]["machine"]


def test_cores_follow_from_requests_and_what_they_cost():
    found = capacity.need(ROUND, requests=20)
    # 20 × 70 ms at 70 % of the processors are two cores.
    assert found.cores == pytest.approx(2)
    assert (found.tier, found.machines) == ("minimum", 1)
    assert [tier.answers for tier in found.tiers] == pytest.approx([20, 40, 80])


def test_people_ask_as_often_as_they_think():
    found = capacity.need(ROUND, users=50)
    assert found.requests == pytest.approx(50 / ROUND["plan"]["think_seconds"] * ROUND["plan"]["peak"])


def test_programs_are_cheaper_than_pages():
    pages, api = capacity.need(ROUND, requests=40), capacity.need(ROUND, api=40)
    assert api.cores == pytest.approx(pages.cores / 10)


def test_a_little_more_is_the_next_tier_and_at_last_more_machines():
    assert capacity.need(ROUND, requests=20.1).tier == "recommended"
    assert capacity.need(ROUND, requests=79).tier == "production"
    many = capacity.need(ROUND, requests=200)
    assert (many.tier, many.machines) == ("", 3)


def test_memory_counts_too():
    hungry = ROUND | {"plan": ROUND["plan"] | {"web_mb": 2000}}
    assert capacity.need(hungry, requests=10).tier == ""


def test_the_command_names_the_tier():
    out = io.StringIO()
    call_command("capacity", users=10, stdout=out)
    assert "Tier: " in out.getvalue()
    assert f"Measured on {TOLD['measured']['dated']}" in out.getvalue()
    out = io.StringIO()
    call_command("capacity", api=100, as_json=True, stdout=out)
    assert json.loads(out.getvalue())["tier"] in {"minimum", "recommended", "production"}
    out = io.StringIO()
    call_command("capacity", users=100_000, stdout=out)
    assert "No single machine" in out.getvalue()


@pytest.mark.parametrize("options", [{}, {"users": -1, "api": 5}])
def test_a_load_has_to_be_said(options):
    with pytest.raises(CommandError, match="Say for what load"):
        call_command("capacity", **options)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [("dashboard = 10", "dashboard = 11", "add up to 100"), ("[plan]", "[plans]", "plan")],
)
def test_a_file_that_cannot_be_used_is_refused(tmp_path, old, new, why):
    path = tmp_path / "capacity.toml"
    path.write_text(settings.CAPACITY_CONFIG.read_text().replace(old, new))
    with pytest.raises(capacity.BadCapacity, match=why):
        capacity.load(path)


def rows(after: str) -> list[list[str]]:
    """The cells of the first table behind these words of docs/scaling.md."""
    text = (settings.BASE_DIR / "docs/scaling.md").read_text().split(after, 1)[1].strip()
    lines = [line for line in text.split("\n\n", 1)[0].splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_the_page_on_growing_tells_what_was_measured():
    kinds = ("list", "person", "dashboard", "api_list", "api_one")
    told = rows("application and database together:")
    assert [float(cost) for _, cost in told] == [TOLD["measured"][kind] for kind in kinds]


def test_the_page_on_growing_tells_what_the_command_reckons():
    people, programs = capacity.need(TOLD, users=50).tiers, capacity.need(TOLD, api=100).tiers
    assert [[*row[:3], row[3].replace(",", "")] for row in rows("times the average:")] == [
        [f"{one.cores} cores, {one.memory_gb} GB", f"{one.answers:.0f}", str(one.holds_users), f"{other.answers:.0f}"]
        for one, other in zip(people, programs, strict=True)
    ]
    text = (settings.BASE_DIR / "docs/scaling.md").read_text()
    found = capacity.need(TOLD, users=500)
    assert f"they take {found.requests:.0f} pages a second, {found.cores:.0f} cores" in text
    assert found.machines == 2
    assert "which are two machines of eight cores" in text
