"""What a month costs, for the specification's worst month or for this installation."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from hrassist.ops import costs


class Command(BaseCommand):
    help = (
        "Say what a month costs by provider, now and in 12 and 36 months; without options, the worst reasonable month."
    )
    requires_system_checks: list[str] = []  # noqa: RUF012  as Django declares it

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--real", action="store_true", help="Count the past 30 days of this installation instead.")
        parser.add_argument("--plan", help="Show this plan alone.")
        parser.add_argument("--model", default="none", help="Let this language model read each upload.")
        parser.add_argument("--keep-months", type=int, default=24, help="After how long files are erased; default 24.")
        parser.add_argument("--currency", default="USD", help="USD, EUR or INR.")
        parser.add_argument(
            "--fail-over", type=Decimal, metavar="AMOUNT", help="Fail where a shown plan costs more in its first month."
        )
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *_args: Any, as_json: bool, currency: str, model: str, **options: Any) -> None:
        try:
            prices = costs.load(settings.PRICES_CONFIG)
            prices.row("model", model)
            plans = [options["plan"]] if options["plan"] else prices.plans()
            if currency not in prices.told["rates"] or currency in {"source", "dated", "known"}:
                raise costs.BadPrices(f"There is no rate for {currency}.")
            usage = (
                costs.last_month(now=timezone.now())
                if options["real"]
                else costs.worst_month(prices, with_model=model != "none")
            )
            bills = {
                plan: costs.over_time(prices, plan, usage, kept_months=options["keep_months"], model=model)
                for plan in plans
            }
        except costs.BadPrices as error:
            raise CommandError(str(error)) from error
        old = prices.old(today=timezone.now().date())

        def shown(usd: Decimal) -> Decimal:
            return round(prices.into(usd, currency), 2)

        if as_json:
            self.stdout.write(
                json.dumps(
                    _document(usage, bills, shown, currency=currency, old=old, assumed=prices.assumed()), indent=2
                )
            )
        else:
            self._print(prices, usage, bills, shown, currency=currency, model=model, options=options)
        if old:
            # Whoever reads the table reads it with this; a program has it in its document, and its log has it here.
            out = self.stderr if as_json else self.stdout
            out.write(
                f"\nOLD PRICES: older than 180 days, read them again ({settings.PRICES_CONFIG}): {', '.join(old)}."
            )
        for name, why in prices.assumed():
            self.stderr.write(f"Assumed, read it before you decide by it: {name}{f' ({why})' if why else ''}.")
        limit = options["fail_over"]
        over = [plan for plan, months in bills.items() if limit is not None and shown(months[0].usd) > limit]
        if over:
            raise CommandError(f"Over {limit} {currency} a month: {', '.join(over)}.")

    def _print(
        self, prices: costs.Prices, usage: costs.Usage, bills: dict[str, list[costs.Bill]], shown: Any, *,
        currency: str, model: str, options: dict[str, Any],
    ) -> None:  # fmt: skip
        say, real = self.stdout.write, options["real"]
        say("The past 30 days of this installation" if real else "The worst reasonable month of the specification")
        say(f"  {usage.uploads} uploads, {usage.stored_gb:.2f} GB stored, database {usage.database_gb:.2f} GB,")
        say(
            f"  {usage.viewed_gb:.2f} GB viewed and {usage.downloaded_gb:.2f} GB downloaded:"
            f" {usage.egress_gb:.2f} GB leave"
        )
        if usage.tokens:
            say(
                f"  {usage.tokens:,} tokens of language models"
                + ("" if model != "none" else ", not priced without --model")
            )
        said = costs.warnings(usage, prices, kept_months=options["keep_months"])
        for warning in said + costs.compute_warnings(prices, bills):
            say(f"  {warning}")
        say(f"\n{'a month, ' + currency:28}{'month 1':>10}{'month 12':>10}{'month 36':>10}")
        for plan, months in bills.items():
            say(f"{plan:28}" + "".join(f"{shown(one.usd):>10}" for one in months))
        if len(bills) == 1:
            for line in next(iter(bills.values()))[0].lines:
                say(f"  {line.what:34}{shown(line.usd):>8}  {line.why}")
        if not real:
            say("\nAs the specification states it, rupees a month:")
            for part, rupees, total, rest in costs.specification(prices):
                say(f"  {part:14}{rupees:>6}  total {total:>6}  (the rest, which it does not itemise: {rest})")


def _document(
    usage: costs.Usage,
    bills: dict[str, list[costs.Bill]],
    shown: Any,
    *,
    currency: str,
    old: list[str],
    assumed: list[tuple[str, str]],
) -> dict[str, Any]:
    return {
        "currency": currency,
        "usage": {
            "uploads": usage.uploads, "stored_gb": float(usage.stored_gb), "egress_gb": float(usage.egress_gb),
            "viewed_gb": float(usage.viewed_gb), "downloaded_gb": float(usage.downloaded_gb),
            "database_gb": float(usage.database_gb), "tokens": usage.tokens,
        },
        "plans": {
            plan: [
                {
                    "month": one.month,
                    "total": float(shown(one.usd)),
                    "lines": {line.what: float(shown(line.usd)) for line in one.lines},
                }
                for one in months
            ]
            for plan, months in bills.items()
        },
        "old_prices": old,
        "assumed_prices": dict(assumed),
    }  # fmt: skip
