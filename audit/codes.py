"""The codes of events: an action is a noun and a verb, and so is its code. A code never changes its meaning.

`resume.downloaded` is RES-DL, and RES-DL-I, -D or -E where it was allowed, denied or failed. A new noun or verb is added
here; tests/audit/test_codes.py names those that are missing.
"""

from __future__ import annotations

NOUNS = {
    "absence": ("ABS", "an interviewer's absence"),
    "application": ("APP", "an application"),
    "candidate": ("CAN", "a candidate"),
    "clock": ("CLK", "the clock"),
    "database": ("DB", "the database"),
    "drive": ("DRV", "a recruitment drive"),
    "email_template": ("ETP", "an e-mail template"),
    "event": ("AUD", "the audit trail"),
    "group": ("GRP", "a role"),
    "group_permissions": ("GRPP", "a permission of a role"),
    "import": ("IMP", "an import"),
    "interview": ("INT", "an interview"),
    "interview_plan": ("IPL", "an interview plan"),
    "job": ("JOB", "a job"),
    "job_post": ("JPO", "a job post"),
    "link": ("LNK", "a tracking link"),
    "match": ("MAT", "a ranked person"),
    "match_run": ("RUN", "a ranking"),
    "message": ("MSG", "a message"),
    "note": ("NOT", "a note"),
    "offer": ("OFF", "an offer"),
    "report": ("REP", "a report"),
    "request": ("REQ", "a request"),
    "requisition": ("RQN", "a requisition"),
    "resume": ("RES", "a resume"),
    "savedview": ("SVW", "a saved view"),
    "scorecard": ("SCO", "a scorecard"),
    "seal": ("SEAL", "the seals of the audit trail"),
    "settings": ("SET", "the settings"),
    "source": ("SRC", "a source"),
    "submission": ("SUB", "an application from the public form"),
    "tag": ("TAG", "a tag"),
    "talentpool": ("POOL", "a talent pool"),
    "task_file": ("TKF", "the file of a long task"),
    "team_member": ("TEAM", "a member of a hiring team"),
    "token": ("TOK", "an API token"),
    "upload": ("UPL", "an upload"),
    "user": ("USR", "an account"),
    "user_groups": ("USRG", "a role of an account"),
    "user_permissions": ("USRP", "a permission of an account"),
}

VERBS = {
    "added": ("ADD", "was added"),
    "address_invalid": ("ADRX", "has an address that takes no mail"),
    "advanced": ("ADV", "moved to the next stage"),
    "altered": ("ALT", "is not the file that was stored"),
    "anchor_differs": ("ANCX", "differ from their copy outside the database"),
    "answered": ("ANS", "was answered"),
    "applications_viewed": ("VAPP", "was looked at: applications"),
    "applied": ("APL", "became an application"),
    "approved": ("APR", "was approved"),
    "approved_step": ("APRS", "was approved by one of several"),
    "archived": ("ARC", "was archived"),
    "available": ("OK", "was checked and became available"),
    "begun": ("BEG", "was begun"),
    "bounced": ("BNC", "came back undelivered"),
    "bulk_started": ("BLK", "was sent to many"),
    "cancelled": ("CXL", "was cancelled"),
    "changed": ("CHG", "was changed"),
    "closed": ("CLO", "was closed"),
    "confirmed": ("CNF", "was confirmed"),
    "contacts_added": ("CTC", "got further addresses"),
    "corrected": ("COR", "was corrected"),
    "created": ("NEW", "was created"),
    "decided": ("DEC", "was decided by somebody"),
    "decision_undone": ("DECU", "was undecided again"),
    "declined": ("DCL", "was declined"),
    "delayed": ("DLY", "is delayed"),
    "deleted": ("DEL", "was deleted"),
    "delivered": ("DLV", "was delivered"),
    "denied": ("DENY", "was refused"),
    "deprecated": ("DEP", "was deprecated"),
    "discarded": ("DIS", "was discarded"),
    "done": ("DONE", "ended"),
    "downloaded": ("DL", "was downloaded"),
    "edited": ("EDT", "was edited"),
    "emptied": ("TRUN", "lost all rows at once (TRUNCATE)"),
    "ended": ("END", "ended"),
    "entered": ("ENT", "was entered"),
    "expired": ("EXP", "expired"),
    "explained": ("WHY", "was explained"),
    "exported": ("XPT", "was exported"),
    "extended": ("EXT", "was extended"),
    "failed": ("FAIL", "failed"),
    "fed": ("FEED", "was read by a program"),
    "groups_added": ("GADD", "got roles"),
    "groups_removed": ("GREM", "lost roles"),
    "held": ("HLD", "was put on hold"),
    "hired": ("HIRE", "ended with a hire"),
    "import_undone": ("IMPU", "was taken back with its import"),
    "interviews_viewed": ("VINT", "was looked at: interviews"),
    "issued": ("ISS", "was issued"),
    "job_put": ("JADD", "got a job"),
    "job_taken": ("JREM", "lost a job"),
    "jobs_looked_for": ("JOBS", "was compared with the open jobs"),
    "joined": ("JOIN", "was joined"),
    "key_unknown": ("KEYX", "are signed with a key nobody trusts"),
    "late": ("LATE", "are late"),
    "left": ("LEFT", "was left"),
    "letter_made": ("LTR", "got its letter"),
    "letter_opened": ("LTRO", "was looked at: letter"),
    "listed": ("LST", "was listed"),
    "logged_in": ("IN", "signed in"),
    "logged_out": ("OUT", "signed out"),
    "login_failed": ("INX", "failed to sign in"),
    "login_throttled": ("INT", "was slowed down while signing in"),
    "mail_previewed": ("VMLP", "was looked at: a mail before it goes"),
    "mail_written": ("MAIL", "is written to"),
    "marked_sent": ("SNTM", "was marked as sent"),
    "matches_viewed": ("VMAT", "was looked at: matches"),
    "merge_viewed": ("VMRG", "was compared with another record"),
    "merged": ("MRG", "was merged"),
    "messages_viewed": ("VMSG", "was looked at: messages"),
    "migrated": ("MIG", "was migrated"),
    "moved": ("MOV", "was moved"),
    "not_found": ("404", "asked for what is absent or hidden"),
    "notes_viewed": ("VNOT", "was looked at: notes"),
    "nudged": ("NUDG", "was asked for again"),
    "offers_viewed": ("VOFF", "was looked at: offers"),
    "opened": ("OPN", "was opened"),
    "opening_closed": ("SCLO", "lost an opening"),
    "opening_reopened": ("SREO", "got an opening back"),
    "openings_added": ("SADD", "got openings"),
    "page_viewed": ("VPAG", "was looked at: a page"),
    "parked": ("PARK", "was put aside after several tries"),
    "password_reset": ("PWR", "got a new password"),
    "permissions_added": ("PADD", "got permissions"),
    "permissions_removed": ("PREM", "lost permissions"),
    "pipeline_viewed": ("VPIP", "was looked at: pipeline"),
    "preferences_changed": ("PREF", "changed its preferences"),
    "privacy_viewed": ("VPRV", "was looked at: privacy"),
    "published": ("PUB", "was published"),
    "pushed": ("PUSH", "was sent to another system"),
    "queue_viewed": ("VQUE", "was looked at: review queue"),
    "queued": ("QUE", "waits to be sent"),
    "received": ("RCV", "was received"),
    "refused": ("DENY", "was refused"),
    "rejected": ("REJ", "was rejected"),
    "removed": ("REM", "was removed"),
    "reopened": ("REO", "was reopened"),
    "rescheduled": ("RSC", "was rescheduled"),
    "restored": ("RST", "was restored"),
    "retried": ("RTY", "was tried again"),
    "revoked": ("REV", "was revoked"),
    "row_changed": ("RCHG", "was changed in the database, past the application"),
    "row_created": ("RNEW", "was created in the database, past the application"),
    "row_deleted": ("RDEL", "was deleted in the database, past the application"),
    "scheduled": ("SCH", "was scheduled"),
    "scorecards_viewed": ("VSCO", "was looked at: scorecards"),
    "searched": ("SRCH", "was searched for"),
    "sending": ("SND", "is being sent"),
    "sent": ("SNT", "was sent"),
    "settled": ("STL", "was settled"),
    "shared": ("SHR", "was shared"),
    "skewed": ("SKEW", "differs from the database's"),
    "stage_added": ("STA", "got a stage"),
    "stage_changed": ("STC", "got another stage"),
    "stage_removed": ("STR", "lost a stage"),
    "stages_reordered": ("STO", "got its stages in another order"),
    "started": ("BEG", "was started"),
    "submitted": ("SBM", "was submitted"),
    "tagged": ("TADD", "was tagged"),
    "team_added": ("TMA", "got a member of the team"),
    "team_removed": ("TMR", "lost a member of the team"),
    "text_viewed": ("VTXT", "was looked at: text"),
    "told_apart": ("TPA", "was told apart from another record"),
    "told_apart_undone": ("TPAU", "may be the same as another record again"),
    "unarchived": ("UARC", "was taken out of the archive"),
    "undo_started": ("UBEG", "is being taken back"),
    "undone": ("UND", "was taken back"),
    "unmerged": ("UMRG", "was unmerged"),
    "unrejected": ("UREJ", "was taken back into the pipeline"),
    "untagged": ("TREM", "lost a tag"),
    "updated": ("UPD", "was updated"),
    "verified": ("VFY", "was verified"),
    "viewed": ("VIEW", "was looked at"),
    "withdrawn": ("WDR", "was withdrawn"),
    "written": ("WRT", "was written"),
}

OUTCOMES = {"allow": "I", "deny": "D", "error": "E"}


def code_of(action: str, outcome: str = "") -> str:
    """The code of an action; empty for one whose noun or verb nobody registered."""
    noun, _, verb = action.partition(".")
    if noun not in NOUNS or verb not in VERBS:
        return ""
    ending = f"-{OUTCOMES[outcome]}" if outcome else ""
    return f"{NOUNS[noun][0]}-{VERBS[verb][0]}{ending}"


def description(action: str) -> str:
    """What an action means, in a few words; empty for an unknown one."""
    noun, _, verb = action.partition(".")
    if noun not in NOUNS or verb not in VERBS:
        return ""
    said = f"{NOUNS[noun][1]} {VERBS[verb][1]}"
    return said[:1].upper() + said[1:]


def as_sql() -> str:
    """The same as a function of the database, for what its triggers write; those events are all allowed."""

    def cases(known: dict[str, tuple[str, str]]) -> str:
        return " ".join(f"WHEN '{word}' THEN '{code}'" for word, (code, _) in known.items())

    return (
        "CREATE OR REPLACE FUNCTION audit_code(action text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ "
        f"SELECT coalesce((CASE split_part(action, '.', 1) {cases(NOUNS)} END) || '-' ||"
        f" (CASE split_part(action, '.', 2) {cases(VERBS)} END) || '-I', '') $$"
    )
