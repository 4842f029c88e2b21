"""The rules that an installation begins with: some in force, others to be switched on by whom they concern.

Engineering input, not legal advice: `source` says what each follows, so that somebody can check it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    key: str
    name: str
    effect: str
    clock: str
    months: int
    country: str = ""
    active: bool = False
    source: str = ""


MOST, LEAST = "at_most", "at_least"

PRESETS = (
    Preset(key="rejected", name="Rejected applicants", effect=MOST, clock="rejected", months=6, active=True,
           source="GDPR Art. 5(1)(e); six months cover the usual time for claims."),
    Preset(key="withdrawn", name="Applicants who withdrew", effect=MOST, clock="withdrawn", months=6, active=True,
           source="GDPR Art. 5(1)(e)."),
    Preset(key="hired", name="People we hired", effect=MOST, clock="hired", months=24, active=True,
           source="What is needed goes to the personnel file, which is kept elsewhere."),
    Preset(key="pool", name="Talent pool, at the longest", effect=MOST, clock="pool", months=24, active=True,
           source="GDPR Art. 5(1)(e); a membership may end earlier, never later."),
    Preset(key="prospect", name="People without application or pool", effect=MOST, clock="prospect", months=6,
           active=True, source="GDPR Art. 14(3): who was found elsewhere is told within a month, or erased."),
    Preset(key="fr-last-contact", name="France: last contact", effect=MOST, clock="last_contact", months=24,
           country="FR", active=True, source="CNIL, recruitment guide of 2023: two years after the last contact."),
    Preset(key="de-rejected", name="Germany: rejected applicants", effect=MOST, clock="rejected", months=6,
           country="DE", source="AGG § 15(4) and ArbGG § 61b: two plus three months for claims, and their delivery."),
    Preset(key="gb-rejected", name="United Kingdom: rejected applicants", effect=MOST, clock="rejected", months=6,
           country="GB", source="Equality Act 2010 s. 123: three months, extended where just; ICO: justify a period."),
    Preset(key="nl-rejected", name="Netherlands: rejected applicants", effect=MOST, clock="rejected", months=1,
           country="NL", source="AP: four weeks after the procedure, a year with consent."),
    Preset(key="us-rejected", name="United States: hiring records, rejected", effect=LEAST, clock="rejected", months=12,
           country="US", source="29 CFR 1602.14: one year from the record or the decision."),
    Preset(key="us-withdrawn", name="United States: hiring records, withdrawn", effect=LEAST, clock="withdrawn",
           months=12, country="US", source="29 CFR 1602.14."),
    Preset(key="us-ca-rejected", name="California: hiring records, rejected", effect=LEAST, clock="rejected", months=48,
           source="2 CCR § 11013(c) since 1 October 2025: four years. Choose its jobs, or the country US for all."),
    Preset(key="us-ca-withdrawn", name="California: hiring records, withdrawn", effect=LEAST, clock="withdrawn",
           months=48, source="2 CCR § 11013(c), as for rejected applicants."),
    Preset(key="us-il-rejected", name="Illinois: hiring records with AI, rejected", effect=LEAST, clock="rejected",
           months=48, country="US", source="775 ILCS 5/2-102(L); draft rules of 15 May 2026 name three to four years."),
)  # fmt: skip
