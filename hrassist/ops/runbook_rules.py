"""Which commands of the runbook only read, which are left out and why, and which may find nothing."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

MANAGE = ".venv/bin/python manage.py "
# What would change, start or serve something unless it begins with one of these.
MUST_BEGIN: dict[str, tuple[tuple[str, ...], ...]] = {
    "amtool": (("check-config",),),
    "kubectl": (("--namespace", "hrassist", "rollout", "status"),),
    "promtool": (("check",),),
    "systemctl": (("status",), ("--failed",), ("list-timers",)),
    "timedatectl": (("status",),),
}
# Programs that read whatever they are given, within what is forbidden below.
READING = {
    "curl", "df", "du", "free", "grep", "head", "journalctl", "ls", "ps", "readlink", "sort", "tail", "uptime",
    *MUST_BEGIN,
}  # fmt: skip
# Commands of manage.py that read, each with words that must be there and words that must not.
COMMANDS: dict[str, tuple[set[str], set[str]]] = {
    "alert_rules": ({"--check"}, set()),
    "audit_anchors": (set(), {"--until"}),
    "audit_verify": (set(), set()),
    "backup_key": (set(), {"--new", "--publish", "--rotate"}),
    "backup_status": (set(), {"--out"}),
    "capacity": (set(), set()),
    "check": (set(), set()),
    "costs": (set(), set()),
    "dbshell": (set(), set()),
    "fsck": ({"--quick"}, {"--repair"}),
    "health": (set(), set()),
    "metrics": ({"--once"}, set()),
    "migrate": ({"--check"}, set()),
    "runbook_check": ({"--list"}, set()),
    "safe_migrate": ({"--plan"}, set()),
    "showmigrations": (set(), set()),
}
# A name alone would let a command write, start or send.
FORBIDDEN = re.compile(r"[;&`<>]|\$\(|\|\||--(data|upload|request|output-dir)|-[XTd]\b")
# Programs with options that write or never end: only these are given, or a number.
OPTIONS: dict[str, set[str]] = {
    "curl": {"--fail", "--header", "--max-time", "--show-error", "--silent", "--unix-socket"},
    "journalctl": {"-k", "-n", "-o", "-u", "--no-pager", "--since", "--unit"},
    "sort": {"-h", "-n", "-r"},
    "tail": {"-n"},
}
_NUMBER = re.compile(r"-\d+[a-z]*")
# What a statement may call; the rest of it reads in a transaction that cannot write.
_FUNCTIONS = {"count", "max", "min", "now", "sum"}
_STATEMENT = re.compile(r"dbshell -- --command \"(SHOW \w+|SELECT [^\";]+)\"")

# Commands of the pages that nobody runs to look whether they work, each with its reason. The longest beginning counts;
# what begins with manage.py is one of its commands.
LEFT_OUT: dict[str, str] = {
    "manage.py --as-owner": "speaks as the owner of the database",
    "manage.py COMMAND": "stands for any command",
    "manage.py alert_rules": "writes the rules of alerts; its --check is run",
    "manage.py audit_anchors": "names a moment that the page makes up; without --until it is run",
    "manage.py audit_key": "makes a key",
    "manage.py backup": "makes backups",
    "manage.py backup_key": "makes a key, or writes one to a file; without options it is run",
    "manage.py backup_status": "writes the figures of backups; without --out it is run",
    "manage.py breach_report": "leaves an event in the audit trail, and needs the moment of the breach",
    "manage.py buckets": "makes buckets",
    "manage.py claim_bucket": "changes whose the files are",
    "manage.py database_role": "makes a role, or gives it rights",
    "manage.py drill": "restores a backup into a database of its own, by the timer each week",
    "manage.py fsck": "mends, or reads every stored file for hours, by the timer each week; its --quick is run",
    "manage.py metrics": "serves until it is told to end; its --once is run",
    "manage.py replay_erasures": "erases",
    "manage.py restore": "restores",
    "manage.py runbook_check": "is this very command; its --list is run",
    "manage.py safe_migrate": "migrates; its --plan is run",
    "manage.py storage_doctor": "writes probes into the store, by the timer each night; the figures tell of it",
    "./certificate": "asks the authority of the certificate, or reads its key, as root",
    "./prepare": "makes settings and secrets",
    "/usr/local/lib/hrassist": "changes the machine, as root",
    "adduser": "changes the machine, as root",
    "apt": "changes the machine, as root",
    "certbot": "asks the authority of the certificate, or reads its key, as root",
    "chmod": "changes the machine, as root",
    "chown": "changes the machine, as root",
    "cp": "writes a file",
    "curl --fail --silent --show-error https://apt.grafana.com": "fetches the key of a source of packages",
    "deploy/helm": "changes a cluster",
    "deploy/nginx": "writes the settings of nginx",
    "deploy/scripts/smoke": "asks a site whose name the page cannot know, from outside the machine",
    "deploy/vm": "changes machines, as root",
    "docker": "starts containers",
    "echo": "writes a file",
    "editor": "changes a file",
    "git": "makes a release",
    "helm": "changes a cluster",
    "hrassist-backup-key": "makes a key, as root",
    "hrassist-release": "makes a release, as root",
    "hrassist-rollback": "goes back, as root",
    "install": "writes a file, as root",
    "journalctl --unit hrassist-web --since -1h >": "writes a file",
    "journalctl --vacuum-time=7d": "deletes logs",
    "kubectl": "changes a cluster",
    "make": "runs tests, where releases are made",
    "nginx -t": "reads the certificate's key, as root",
    "openssl": "makes a key",
    "pgbackrest": "makes backups, or has the server begin a new segment of its log",
    "psql": "gives rights, as a superuser",
    "skopeo": "copies an image",
    "sudoedit": "changes a file, as root",
    "supervisorctl": "starts what runs, as root",
    "systemctl": "starts, stops or changes a unit; status, --failed and list-timers are run",
    "tar": "writes files",
    "timedatectl": "changes the clock's settings; status is run",
    "ufw": "changes the firewall, as root",
}
# Lines that end in grep and may rightly match nothing. Everywhere else that is a name that nobody has any more.
MAY_FIND_NOTHING: dict[str, str] = {
    'journalctl -u hrassist-web --since -10min -o cat | grep \'"level": "ERROR"\'': "nothing went wrong",
    'journalctl -k | grep -i "out of memory"': "no process was ended for want of memory",
    'journalctl -k --since -1h | grep -i "killed process"': "no process was ended for want of memory",
    'journalctl -u hrassist-web --since -1h -o cat | grep -iE "timeout|SIGKILL|SIGSEGV"': "no worker process died",
    "grep '\"status\":502' /var/log/nginx/hrassist.log": "the application answered",
}


class NotReading(ValueError):
    """A block that is marked as reading holds something else."""


def normal(text: str) -> str:
    """A command as it is run here: hrassist-manage of a machine and a bare manage.py are this installation's."""
    text = " ".join(text.split())
    return re.sub(r"^(sudo hrassist-manage|(\.venv/bin/python )?manage\.py) ", MANAGE, text)


def refuse_changes(text: str) -> None:
    """Raises NotReading unless each part of the line is known to read only."""
    if FORBIDDEN.search(re.sub(r"'[^']*'|\"[^\"]*\"", "''", text)):
        raise NotReading(f"{text!r} could change something. Write it in a block without `check`.")
    for part in parts(text):
        if not _reads(part.strip()):
            name = part.strip().removeprefix(MANAGE).split()[0]
            raise NotReading(f"{text!r}: {name} may change something so. Write it in a block without `check`.")


def reads(text: str) -> bool:
    try:
        refuse_changes(text)
    except (NotReading, ValueError):
        return False
    return True


def _reads(part: str) -> bool:
    words = shlex.split(part)
    if part.startswith(MANAGE):
        name, given = words[2], {word.partition("=")[0] for word in words[3:]}
        if given == {"--help"}:
            return True
        if name == "dbshell":
            return _is_question(part)
        needed, barred = COMMANDS.get(name, ({"nothing reads so"}, set()))
        return needed <= given and not barred & given
    options = {word for word in words[1:] if word.startswith("-") and not _NUMBER.fullmatch(word)}
    if options - OPTIONS.get(words[0], options):
        return False
    begins = MUST_BEGIN.get(words[0])
    if begins:
        return any(tuple(words[1 : 1 + len(one)]) == one for one in begins)
    return words[0] in READING


def _is_question(part: str) -> bool:
    """Whether this asks the database and can change nothing: Runner has its transaction only read."""
    found = _STATEMENT.fullmatch(part.removeprefix(MANAGE))
    called = set(re.findall(r"(\w+)\s*\(", found[1])) if found else set()
    return found is not None and called <= _FUNCTIONS and not re.search(r"\b(into|for)\b", found[1], re.IGNORECASE)


def reason(text: str) -> str:
    """Why a command of the pages is left out; empty where nobody said."""
    words = re.sub(r"^(sudo |\w+=\S+ )+", "", text).removeprefix(".venv/bin/python ")
    fitting = [key for key in LEFT_OUT if words == key or words.startswith((f"{key} ", f"{key}/"))]
    return LEFT_OUT[max(fitting, key=len)] if fitting else ""


def is_command(text: str) -> bool:
    """Whether words in the prose of a page are a command rather than the name of something."""
    words = re.sub(r"^(sudo |\w+=\S+ )+", "", text).split()
    if text.startswith(MANAGE):
        return True
    return len(words) > 1 and (words[0] in READING or bool(reason(text)))


def parts(text: str) -> Iterator[str]:
    """The commands of a pipe; a | within quotes is none."""
    lexer = shlex.shlex(text, posix=False, punctuation_chars="|")
    lexer.whitespace_split = True
    part: list[str] = []
    for word in lexer:
        if word == "|":
            yield " ".join(part)
            part = []
        else:
            part.append(word)
    yield " ".join(part)
