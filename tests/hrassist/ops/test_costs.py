"""Costs: the specification's month to the last figure, this installation's own, and prices that grow old."""

from __future__ import annotations

import dataclasses
import io
import json
import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.conf import settings
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.utils import timezone

from audit import actions as audit
from hrassist.ops import checks as ops_checks
from hrassist.ops import costs, runbook
from tests.factories import ResumeFactory
from tests.hiring import TailoringRunFactory

PRICES = costs.load(settings.PRICES_CONFIG)


def said(**options) -> str:
    out = io.StringIO()
    call_command("costs", stdout=out, stderr=io.StringIO(), **options)
    return out.getvalue()


def test_the_worst_reasonable_month_is_that_of_the_specification():
    usage = costs.worst_month(PRICES)
    assert PRICES.told["worst_month"]["drives"] == 3
    assert usage.uploads == 1000
    assert usage.stored_gb == Decimal("1.5")
    assert usage.viewed_gb == Decimal("7.5")
    assert usage.downloaded_gb == Decimal("0.75")
    assert usage.egress_gb == Decimal("8.25")
    assert usage.database_gb == Decimal("0.5")
    assert usage.all_gb == Decimal("2.0")


def test_its_totals_are_stated_as_it_states_them():
    assert costs.specification(PRICES) == [("Neon Launch", 1560, 2033, 473), ("CX31", 635, 1278, 643)]
    assert round(PRICES.into(Decimal(19), "INR")) == 1560
    text = said()
    for figure in ("8.25 GB leave", "1560  total   2033", "635  total   1278"):
        assert figure in text


@pytest.mark.parametrize(
    ("store", "stored", "egress", "kept", "out"),
    [
        ("AWS S3", 100, 150, "2.300", "4.50"),  # 100 GB leave free
        ("AWS S3", 100, 90, "2.300", "0"),
        ("Cloudflare R2", 110, 5000, "1.500", "0"),  # 10 GB free, nothing for what leaves
        ("Backblaze B2", 100, 350, "0.600", "0.50"),  # thrice the stored leaves free
        ("DigitalOcean Spaces", 240, 1000, "5", "0"),
        ("DigitalOcean Spaces", 300, 1124, "6.00", "1.00"),
    ],
)
def test_a_store_charges_as_it_says(store, stored, egress, kept, out):
    plan = next(plan for plan in PRICES.told["plan"] if plan["store"] == store)["name"]
    usage = costs.Usage(
        uploads=1,
        stored_gb=Decimal(stored),
        viewed_gb=Decimal(egress),
        downloaded_gb=Decimal(0),
        database_gb=Decimal(0),
    )
    lines = {line.what: line.usd for line in costs.bill(PRICES, plan, usage).lines}
    assert lines[f"Files: {store}"] == Decimal(kept)
    assert lines["Files that leave"] == Decimal(out)


def test_what_is_stored_grows_until_it_is_erased():
    usage = costs.worst_month(PRICES)
    assert [usage.in_month(month, kept_months=24).stored_gb for month in (1, 12, 36)] == [
        Decimal("1.5"), Decimal(18), Decimal(36),
    ]  # fmt: skip
    assert usage.in_month(36, kept_months=24).egress_gb == usage.egress_gb
    bills = costs.over_time(PRICES, "Hetzner and B2", usage, kept_months=24)
    assert bills[0].usd < bills[1].usd < bills[2].usd
    assert [one.month for one in bills] == [1, 12, 36]


def test_the_recommended_setup_costs_about_seventy_dollars():
    lines = {line.what: line.usd for line in costs.bill(PRICES, "DigitalOcean", costs.worst_month(PRICES)).lines}
    # Machine, database, files and a name; the specification has these four, without its Redis, at 61 and more.
    assert sum(usd for what, usd in lines.items() if "Backups" not in what) == Decimal(69)
    # 30 dumps of 0.125 GB and 1.5 GB of files: the first place is within what the subscription holds.
    assert lines["Backups: DigitalOcean Spaces"] == 0
    assert lines["Backups: Backblaze B2"] == Decimal("5.25") * Decimal("0.006")


def test_a_vendors_free_part_is_counted_once_for_files_and_backups():
    usage = dataclasses.replace(costs.worst_month(PRICES), stored_gb=Decimal(8), database_gb=Decimal(0))
    lines = {line.what: line.usd for line in costs.bill(PRICES, "Hetzner and R2", usage).lines}
    assert lines["Files: Cloudflare R2"] == 0
    # 16 GB in all, ten of them free.
    assert lines["Backups: Cloudflare R2"] == 6 * Decimal("0.015")


def test_a_database_that_never_rests_is_charged_for_every_hour():
    usage = costs.worst_month(PRICES)
    lines = {line.what: line.usd for line in costs.bill(PRICES, "Hetzner, Neon and Spaces", usage).lines}
    # A quarter of a unit for 730 hours at 0.106, and half a GB at 0.35.
    assert lines["Database: Neon Launch"] == Decimal("19.52")
    assert costs.compute_warnings(PRICES, PRICES.plans()) == []


def test_compute_over_the_specifications_step_is_told_with_its_plan():
    told = json.loads(json.dumps(PRICES.told, default=str))
    next(row for row in told["database"] if row["name"] == "Neon Launch")["units"] = 0.5
    [said] = costs.compute_warnings(costs.Prices(told), PRICES.plans())
    assert said.startswith("Hetzner, Neon and Spaces: Neon Launch counts 365.0 hours of compute a month, over 191")


def test_what_is_stored_today_is_not_stored_again_each_month():
    usage = costs.Usage(
        uploads=700,
        stored_gb=Decimal(40),
        viewed_gb=Decimal(0),
        downloaded_gb=Decimal(0),
        database_gb=Decimal(4),
        came_gb=Decimal(1),
        database_growth_gb=Decimal("0.1"),
    )
    later = [usage.in_month(month, kept_months=24) for month in (1, 12, 36)]
    assert [one.stored_gb for one in later] == [40, 51, 63]
    assert [one.database_gb for one in later] == [4, Decimal("5.1"), Decimal("6.3")]


def test_tokens_are_part_of_the_bill():
    usage = costs.worst_month(PRICES, with_model=True)
    lines = {line.what: line.usd for line in costs.bill(PRICES, "AWS", usage, model="Gemini 2.5 Flash").lines}
    # 3 million in at 0.30 and 0.8 million out at 2.50.
    assert lines["Language model: Gemini 2.5 Flash"] == Decimal("2.90")


@pytest.mark.django_db
def test_the_past_month_is_counted_from_what_happened():
    ResumeFactory(size=2_000_000)
    ResumeFactory(size=1_000_000)
    ResumeFactory(size=4_000_000, created_at=timezone.now() - timedelta(days=60))
    resume = ResumeFactory(size=1_000_000, created_at=timezone.now() - timedelta(days=60))
    audit.record("resume.downloaded", target=resume)
    audit.record("resume.viewed", target=resume)
    audit.record("resume.page_viewed", target=resume)
    usage = costs.last_month(now=timezone.now())
    assert usage.uploads == 2
    assert usage.stored_gb == Decimal("0.008")
    assert usage.came_gb == Decimal("0.003")
    # Two of the four files that there are came in the month.
    assert usage.database_growth_gb == usage.database_gb / 2
    # What came in had 1.5 MB on average.
    assert usage.viewed_gb == Decimal("0.003")
    assert usage.downloaded_gb == Decimal("0.0015")
    assert usage.database_gb > 0
    assert "The past 30 days of this installation" in said(real=True)


@pytest.mark.django_db
def test_tokens_of_the_past_month_are_counted_and_priced_where_a_model_is_named():
    for days in (1, 60):
        step = TailoringRunFactory(provider="Small").steps.earliest("position")
        at = timezone.now() - timedelta(days=days)
        step.calls.create(at=at, tokens_in=1_000_000, tokens_out=400_000)
    usage = costs.last_month(now=timezone.now())
    assert (usage.tokens_in, usage.tokens_out) == (1_000_000, 400_000)
    assert "1,400,000 tokens of language models, not priced without --model" in said(real=True)
    priced = said(real=True, plan="AWS", model="Gemini 2.5 Flash")
    assert re.search(r"Language model: Gemini 2\.5 Flash +1\.30  1,400,000 tokens", priced)
    assert json.loads(said(real=True, as_json=True))["usage"]["tokens"] == 1_400_000
    assert not any("anguage model" in line.what for line in costs.bill(PRICES, "AWS", usage).lines)


@pytest.mark.django_db
def test_nothing_happened_and_nothing_breaks():
    usage = costs.last_month(now=timezone.now())
    assert (usage.uploads, usage.egress_gb) == (0, 0)


def test_prices_that_are_old_are_named(capsys):
    assert "Gemini 2.5 Flash (2026-03-01)" in PRICES.old(today=date(2026, 11, 26))
    assert not any("R2" in one for one in PRICES.old(today=date(2026, 11, 26)))
    assert any("R2" in one for one in PRICES.old(today=date(2027, 6, 1)))


@pytest.fixture
def aged(tmp_path, settings):
    """Prices of which one was read 181 days ago, one 180 and all others today."""
    today, text = timezone.now().date(), settings.PRICES_CONFIG.read_text()
    text = re.sub(r"(?m)^dated = \S+", f"dated = {today}", text)
    for name, days in (("Cloudflare R2", 181), ("AWS S3", 180)):
        head, _, tail = text.partition(f'name = "{name}"')
        text = head + f'name = "{name}"' + tail.replace(f"{today}", f"{today - timedelta(days=days)}", 1)
    settings.PRICES_CONFIG = tmp_path / "prices.toml"
    settings.PRICES_CONFIG.write_text(text)
    return f"Cloudflare R2 ({today - timedelta(days=181)})"


def test_old_prices_stand_beside_the_table_in_the_document_and_in_what_a_job_logs(aged, settings):
    said_of_it = f"OLD PRICES: older than 180 days, read them again ({settings.PRICES_CONFIG}): {aged}."
    assert said_of_it in said()
    err, out = io.StringIO(), io.StringIO()
    call_command("costs", "--json", stdout=out, stderr=err)
    assert json.loads(out.getvalue())["old_prices"] == [aged]
    assert said_of_it in err.getvalue()


def test_nothing_is_said_of_prices_that_are_young(aged, settings):
    settings.PRICES_CONFIG.write_text(
        re.sub(r"(?m)^dated = \S+", f"dated = {timezone.now().date()}", settings.PRICES_CONFIG.read_text())
    )
    assert "OLD PRICES" not in said()
    assert run_checks(include_deployment_checks=True) is not None
    assert ops_checks.check_prices() == []


def test_the_check_of_a_deployment_names_them_and_what_to_do(aged, settings):
    """So do the release and the monthly review, which run it; a warning stops neither by the calendar alone."""
    (found,) = [one for one in run_checks(include_deployment_checks=True) if one.id == "hrassist.W100"]
    assert found.msg == f"Prices older than 180 days: {aged}."
    assert "config/prices.toml" in found.hint
    assert not found.is_serious()
    assert [one for one in run_checks() if one.id == "hrassist.W100"] == []
    settings.PRICES_CONFIG.write_text("[rates]\n")
    (found,) = ops_checks.check_prices()
    assert "Costs cannot be reckoned: prices.toml" in found.msg


def test_the_monthly_review_has_it_run():
    page = (settings.BASE_DIR / "docs/infrastructure/monthly-review.md").read_text()
    for line in (".venv/bin/python manage.py check --deploy", ".venv/bin/python manage.py costs --real"):
        assert line in [one.text for one in runbook.commands(settings.BASE_DIR / "docs/infrastructure")]
        assert line in page


def test_a_budget_that_is_passed_fails():
    with pytest.raises(CommandError, match=r"Over 60 USD a month: DigitalOcean, AWS\."):
        said(fail_over=Decimal(60))
    said(fail_over=Decimal(70))
    # 6.49 euros, a dollar and three cents for backups: 8.26 dollars, 677.9 rupees.
    with pytest.raises(CommandError, match="Over 677 INR"):
        said(fail_over=Decimal(677), currency="INR", plan="Hetzner and R2")
    said(fail_over=Decimal(678), currency="INR", plan="Hetzner and R2")


def test_programs_get_json():
    told = json.loads(said(as_json=True, plan="Hetzner and R2"))
    assert told["usage"]["egress_gb"] == 8.25
    [months] = told["plans"].values()
    assert [one["month"] for one in months] == [1, 12, 36]
    assert months[0]["total"] == pytest.approx(sum(months[0]["lines"].values()), abs=0.02)


@pytest.mark.parametrize(
    "options", [{"plan": "Nowhere"}, {"model": "none such"}, {"currency": "XYZ"}, {"currency": "source"}]
)
def test_what_there_is_not_is_refused(options):
    with pytest.raises(CommandError, match="There is no"):
        said(**options)


def test_a_row_without_its_source_is_refused(tmp_path):
    text = settings.PRICES_CONFIG.read_text()
    wrong = re.sub(r'(?m)^source = ".*amazon-s3.*"\n', "", text)
    assert wrong != text
    (tmp_path / "prices.toml").write_text(wrong)
    with pytest.raises(costs.BadPrices, match="source"):
        costs.load(tmp_path / "prices.toml")


def test_steps_are_named_with_the_month_in_which_they_are_passed():
    usage = costs.worst_month(PRICES)
    # 1.5 GB a month, 0.1 of them of the database that begins at the step.
    assert [warning.split(":")[0] for warning in costs.warnings(usage, PRICES, kept_months=24)] == [
        "From month 2 on the database is over 0.5 GB", "From month 7 on over 10 GB are stored",
    ]  # fmt: skip
    assert "From month 7 on over 10 GB are stored" in said()
    much = dataclasses.replace(usage, stored_gb=Decimal(300), database_gb=Decimal(1))
    assert [warning.split(":")[0] for warning in costs.warnings(much, PRICES, kept_months=24)] == [
        "Now the database is over 0.5 GB", "Now over 250 GB are stored",
    ]  # fmt: skip
    assert (
        costs.warnings(
            dataclasses.replace(usage, came_gb=Decimal(0), database_growth_gb=Decimal(0)), PRICES, kept_months=24
        )
        == []
    )


def test_a_price_that_is_assumed_is_named_with_what_is_known():
    err = io.StringIO()
    call_command("costs", stdout=io.StringIO(), stderr=err)
    assumed = dict(PRICES.assumed())
    assert set(assumed) == {"Hetzner CX33", "Backblaze B2"}
    assert f"Assumed, read it before you decide by it: Hetzner CX33 ({assumed['Hetzner CX33']})." in err.getvalue()
    assert json.loads(said(as_json=True))["assumed_prices"] == assumed


def test_every_row_says_where_it_was_read_and_the_vendors_page_where_that_is_another():
    for kind in ("store", "database", "machine", "model"):
        for row in PRICES.told[kind]:
            if row["known"] in {"vendor", "elsewhere", "assumed"}:
                assert row["source"].startswith("https://")
                assert row["page"].startswith("https://")
                assert row["page"] != row["source"]


@pytest.mark.parametrize("known", ['known = "somehow"\n', ""])
def test_a_price_that_does_not_say_how_it_is_known_is_refused(tmp_path, known):
    text = settings.PRICES_CONFIG.read_text()
    (tmp_path / "prices.toml").write_text(text.replace('known = "elsewhere"\n', known))
    with pytest.raises(costs.BadPrices, match="how the price is known"):
        costs.load(tmp_path / "prices.toml")
