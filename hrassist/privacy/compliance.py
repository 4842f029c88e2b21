"""What the law wants written down, drawn from the code and the settings as they are: the same configuration gives the
same text, so that a difference between two runs is a change of what the product does."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.apps import apps
from django.conf import settings

from candidates.models import Notice, RetentionRule
from hrassist.lib import jurisdictions
from hrassist.lib.embeddings import shared_embedder
from hrassist.roles import ROLES
from jobs.actions import job_notices, ranking_log
from jobs.models import JurisdictionSetting

OURS = ("hrassist", "audit", "candidates", "jobs")
YOURS = "[to be written by you]"
PARSER = "candidates/resumes/parse/data/model.crfsuite"
# Who may decide about people, and who may watch over rankings.
OVERSEES = {
    "jobs.change_application": "moves and rejects applications",
    "jobs.add_humandecision": "decides in the review queue",
    "jobs.add_matchrun": "has people ranked and reads the ranking",
    "jobs.change_reviewrequest": "answers who asks for a review",
    "jobs.view_ranking_log": "reads the log of all rankings",
    "jobs.change_jurisdictionsetting": "switches the law of a place",
}


def documents() -> dict[str, str]:
    """Every document by its file name."""
    return {
        "README.md": _readme(),
        "records-of-processing.md": _records(),
        "dpia.md": _dpia(),
        "fria.md": _fria(),
        "ai-act-technical-file.md": _technical_file(),
        "processors.md": _processors(),
        "retention.md": _retention(),
        "jurisdictions.md": _jurisdictions(),
    }


def write(folder: Path) -> list[str]:
    """Put them into a folder; the names of those that changed."""
    folder.mkdir(parents=True, exist_ok=True)
    changed = []
    for name, text in documents().items():
        path = folder / name
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
            changed.append(name)
    return changed


def _readme() -> str:
    return _page(
        "Compliance files",
        "Drawn by `manage.py compliance_report docs/compliance` from the configuration; what stands in square brackets "
        "is for the controller to write. Run it with each release: the difference is what changed. This is engineering "
        "input, not legal advice.",
        _table(
            ("File", "For"),
            [
                ("records-of-processing.md", "GDPR, Article 30"),
                ("dpia.md", "GDPR, Article 35"),
                ("fria.md", "AI Act, Article 27"),
                ("ai-act-technical-file.md", "AI Act, Articles 11 to 15 and Annex IV"),
                ("processors.md", "GDPR, Article 28; where data goes"),
                ("retention.md", "GDPR, Article 5(1)(e)"),
                ("jurisdictions.md", "What is switched on for which place"),
            ],
        ),
    )


def _records() -> str:
    rows = []
    for label, model in _models():
        personal = model.PersonalData
        if personal.erase:
            rows.append((label, ", ".join(f"`{name}`" for name in sorted(personal.erase))))
    return _page(
        "Records of processing activities",
        "GDPR, Article 30(1).",
        _facts(
            ("Controller", settings.COMPANY_NAME),
            ("Contact", settings.PRIVACY_CONTACT),
            ("Data protection officer", YOURS),
            ("Purposes", "Deciding about applications; keeping those who agreed for later jobs; proving what was done"),
            (
                "Lawful bases",
                (
                    "Article 6(1)(b) for applications, (a) for talent pools by consent, (f) for pools by legitimate "
                    "interest and for security logs, (c) where a law orders records"
                ),
            ),
            (
                "Special categories",
                (
                    "Sex and race or ethnicity, where applicants are asked and answer (Article 9(2)(a)): off unless a "
                    "place or a job is switched on, kept apart, counted only, deleted when taken back"
                ),
            ),
            ("People", "Applicants, prospects, employees who recruit"),
            ("Recipients", "See processors.md"),
            ("Transfers to third countries", YOURS),
            ("Time limits", "See retention.md"),
            ("Security", "Roles and sight per job, append-only audit trail, checked uploads, erasure with certificate"),
        ),
        "## Personal data by table",
        "Columns that go when a person is erased.",
        _table(("Table", "Personal columns"), rows),
    )  # fmt: skip


def _dpia() -> str:
    rules = RetentionRule.objects.filter(active=True).count()
    return _page(
        "Data protection impact assessment",
        "GDPR, Article 35(7). The measures are those of the product; risks and their weight are yours to judge.",
        "## Systematic description",
        "Resumes are received, checked for malice, read into text and fields, compared with jobs, and shown to people "
        "who decide. Nobody is rejected by a program: a rejection needs a named person and a reason.",
        "## Necessity and proportionality",
        YOURS,
        "## Risks and measures",
        _table(
            ("Risk", "Measure in the product", "What remains"),
            [
                ("A ranking decides in place of people", "It orders only; decisions against it are counted", YOURS),
                ("Bias against a group", "Name, contacts, age, gender, address are masked before", YOURS),
                ("Somebody sees whom they should not", "One rule of sight per table, tests over every address", YOURS),
                ("Data kept too long", f"{rules} retention rules in force", YOURS),
                ("A breach is found late", "Append-only trail, breach report by time and actor", YOURS),
                ("People cannot use their rights", "A page of their own: see, correct, copy, erase, opt out", YOURS),
            ],
        ),
        "## Views of those concerned",
        YOURS,
    )  # fmt: skip


def _fria() -> str:
    return _page(
        "Fundamental rights impact assessment",
        "AI Act, Article 27, for public bodies and those who act for them.",
        _facts(
            ("Process in which the system is used", "Putting applications in an order before people read them"),
            ("Period and frequency", YOURS),
            ("People likely to be affected", "Applicants; those whose careers have gaps or are told in other words"),
            ("Specific risks of harm", YOURS),
            ("Human oversight", "See ai-act-technical-file.md, oversight"),
            ("If risks materialise", "Switch rankings off per job; reviews are answered by somebody else"),
            ("Complaints", settings.PRIVACY_CONTACT),
        ),
    )  # fmt: skip


def _technical_file() -> str:
    root = Path(settings.BASE_DIR)
    model = shared_embedder()
    oversight = [
        (role, what)
        for role, permissions in ROLES.items()
        for permission, what in OVERSEES.items()
        if permission in permissions
    ]
    return _page(
        "Technical file of the ranking",
        "AI Act, Annex IV, as far as the product knows it. Recruitment is a high-risk use (Annex III 4(a)).",
        "## General description",
        _facts(
            ("Provider", YOURS),
            ("System", f"hrassist {settings.VERSION}, ranking of resumes for a job"),
            ("Intended purpose", "To order applications for people who read them; not to decide, reject or invite"),
            ("Not for", "Emotion, personality, video, or anything beyond the text of a resume and a job"),
        ),
        "## Models and their versions",
        _table(
            ("Part", "Version"),
            [
                ("Sentence model (all-MiniLM-L6-v2, int8), SHA-256", f"`{model.model_hash}`"),
                ("Reader of fields (CRF), SHA-256", f"`{_digest(root / PARSER)}`"),
                ("Weights (config/ranking.toml), SHA-256", f"`{_digest(Path(settings.RANKING_CONFIG))}`"),
            ],
        ),
        "## How a score comes about",
        "z(likeness of meaning) + a small weight × z(words); must-have coverage is counted beside it and never changes "
        "it. For each requirement the sentence of the resume that speaks of it is shown, or that none was found.",
        "## Data that goes in",
        "The masked text of the current resume and the text of the job. Left out: people who opted out, people without "
        "a ground that holds, and people whose waiting time after a notice still runs.",
        "## Accuracy and robustness",
        "Figures are drawn by `manage.py evaluate`; sources stand in docs/data-sources.md. " + YOURS,
        "## Human oversight (Article 14)",
        _table(("Role", "What they do"), oversight),
        "## Logs (Article 12)",
        f"Each ranking is kept with model, weights, criteria, inputs digest, overseer and results for "
        f"{ranking_log.months_kept()} months; the audit trail names each access.",
        "## Changes over the life of the system",
        "The history of this file.",
    )


def _processors() -> str:
    rows: list[tuple[str, str, str]] = [
        ("Database", _database(), "all data"),
        ("Files", _files(), "resumes, letters, copies"),
    ]
    rows.append(("Mail", _mail(), "addresses and texts of mails"))
    if settings.SENTRY_DSN:
        rows.append(
            ("Error reports", urlsplit(settings.SENTRY_DSN).hostname or "configured", "traces without personal data")
        )
    if settings.REDIS_URL:
        rows.append(("Cache", urlsplit(settings.REDIS_URL).hostname or "configured", "short-lived copies"))
    rows += [("Allowed by HRASSIST_EGRESS_HOSTS", host, YOURS) for host in sorted(settings.EGRESS_HOSTS)]
    rows += [("Language model in your network, without TLS", host, YOURS) for host in settings.EGRESS_PLAIN_HOSTS]
    return _page(
        "Processors, and where data goes",
        "Every host that this configuration lets data reach. Models run inside: no text leaves for a ranking.",
        _table(("What", "Where", "Which data"), rows),
        "## Agreements",
        _table(("Processor", "Agreement (Article 28)", "Country"), [(one[1], YOURS, YOURS) for one in rows]),
    )


def _retention() -> str:
    rules = RetentionRule.objects.order_by("effect", "clock", "country", "name")
    rows = [
        (one.name, one.get_effect_display(), f"{one.months} months", one.get_clock_display(),
         one.country or "everywhere", "in force" if one.active else "off", one.source)
        for one in rules
    ]  # fmt: skip
    return _page(
        "Retention",
        f"Rankings stay in their log for {ranking_log.months_kept()} months.",
        _table(("Rule", "Effect", "Time", "From", "Where", "State", "Source"), rows),
    )


def _jurisdictions() -> str:
    said = {one.code: one for one in JurisdictionSetting.objects.all()}
    parts: list[str] = []
    for code, place in jurisdictions.everything().items():
        setting = said.get(code)
        parts += [
            f"## {place.name}",
            _facts(
                ("Switched", "on" if setting is None or setting.enabled else "off"),
                ("Not stated yet", ", ".join(job_notices.missing(place, setting)) or "nothing"),
            ),
            "\n".join(f"- {line}" for line in place.does),
            _table(
                ("Source", "Since", "Note", "Check the official source"),
                [(law.name, law.since.isoformat(), law.note, law.source) for law in place.laws],
            ),
        ]
    versions = Notice.objects.published().order_by("kind", "jurisdiction", "language", "version")
    parts += [
        "## Notices of our own that were published",
        _table(
            ("Notice", "Place", "Language", "Version", "SHA-256"),
            [
                (one.get_kind_display(), one.jurisdiction or "everywhere", one.language, str(one.version),
                 f"`{one.sha256}`")
                for one in versions.filter(published_by__isnull=False)
            ],
        ),
    ]  # fmt: skip
    return _page("Jurisdictions", "What the place of a job, or of a person, switches on.", *parts)


def _models() -> Iterable[tuple[str, Any]]:
    for label in OURS:
        for model in sorted(apps.get_app_config(label).get_models(), key=lambda one: one._meta.label_lower):
            yield model._meta.label_lower, model


def _database() -> str:
    host = str(settings.DATABASES["default"].get("HOST") or "")
    return "this machine" if not host or host.startswith("/") or host in {"localhost", "127.0.0.1", "::1"} else host


def _files() -> str:
    if settings.STORAGE_BACKEND == "disk":
        return "this machine"
    return urlsplit(settings.AWS_S3_ENDPOINT_URL).hostname or f"s3.{settings.AWS_S3_REGION}.amazonaws.com"


def _mail() -> str:
    if settings.SENDGRID_API_KEY:
        return "api.sendgrid.com"
    return settings.EMAIL_HOST or "nowhere: mails stay on this machine"


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _page(title: str, *parts: str) -> str:
    return "\n\n".join([f"# {title}", *(part for part in parts if part)]) + "\n"


def _facts(*facts: tuple[str, str]) -> str:
    return "\n".join(f"- **{label}:** {value or YOURS}" for label, value in facts)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    if len(lines) == 2:
        return "None."
    return "\n".join(
        "| " + " | ".join(str(one).replace("|", "/").replace("\n", " ") for one in line) + " |" for line in lines
    )
