"""Grafana's dashboards as a table: rows of panels, each a title, a unit and what it asks."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

SOURCE = {"type": "prometheus", "uid": "prometheus"}
WIDE, HIGH, ACROSS = 8, 8, 24


@dataclass(frozen=True, slots=True)
class Panel:
    """`asks` are (expression, legend) pairs; `kind` is timeseries, stat or table."""

    title: str
    asks: tuple[tuple[str, str], ...]
    unit: str = "short"
    kind: str = "timeseries"
    told: str = ""


@dataclass(frozen=True, slots=True)
class Dashboard:
    uid: str
    title: str
    panels: tuple[Panel, ...]

    def as_json(self) -> str:
        return json.dumps(self.document(), indent=2) + "\n"

    def document(self) -> dict[str, Any]:
        return {
            "uid": self.uid,
            "title": f"hrassist: {self.title}",
            "tags": ["hrassist"],
            "schemaVersion": 39,
            "version": 1,
            "editable": False,
            "refresh": "1m",
            "time": {"from": "now-24h", "to": "now"},
            "timezone": "browser",
            "templating": {"list": []},
            "annotations": {"list": []},
            "panels": [_panel(panel, number) for number, panel in enumerate(self.panels)],
        }


def _panel(panel: Panel, number: int) -> dict[str, Any]:
    at = number * WIDE
    return {
        "id": number + 1,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.told,
        "datasource": SOURCE,
        "gridPos": {"x": at % ACROSS, "y": at // ACROSS * HIGH, "w": WIDE, "h": HIGH},
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom", "showLegend": True}}
        if panel.kind == "timeseries"
        else {},
        "targets": [
            {"refId": chr(ord("A") + at), "expr": expression, "legendFormat": legend, "datasource": SOURCE}
            for at, (expression, legend) in enumerate(panel.asks)
        ],
    }


def _quantile(of: str, metric: str, by: str = "le", only: str = "") -> str:
    return f"histogram_quantile({of}, sum by ({by}) (rate({metric}_bucket{only}[5m])))"


_PAGES = '{stream="no"}'
_LATENCY = "hrassist_http_request_seconds"

DASHBOARDS: tuple[Dashboard, ...] = (
    Dashboard(
        "hrassist-requests",
        "Requests",
        (
            Panel("Requests a second", (("sum by (process) (rate(hrassist_http_requests_total[5m]))", "{{process}}"),), "reqps"),
            Panel(
                "How long they take",
                tuple((_quantile(of, _LATENCY, only=_PAGES), f"p{of[2:]}") for of in ("0.50", "0.95", "0.99")),
                "s",
                told="Until the answer begins; streams, files and uploads are left out. Scale where p95 stays over 2 s.",
            ),
            Panel(
                "Failed requests",
                (("sum(rate(hrassist_http_requests_failed_total[5m])) / sum(rate(hrassist_http_requests_total[5m]))", "5xx"),),
                "percentunit",
            ),
            Panel("Slowest views, p95", ((f"topk(10, {_quantile('0.95', _LATENCY, 'le, view', _PAGES)})", "{{view}}"),), "s"),
            Panel("Busiest views", ((f"topk(10, sum by (view) (rate({_LATENCY}_count[5m])))", "{{view}}"),), "reqps"),
            Panel("Answers by status", (("sum by (status) (rate(hrassist_http_responses_total[5m]))", "{{status}}"),), "reqps"),
            Panel("At this moment", (("sum by (process) (hrassist_http_requests_running)", "{{process}}"),)),
            Panel("Processor", (('1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m]))', "{{instance}}"),), "percentunit"),
            Panel("Memory", (("1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes", "{{instance}}"),), "percentunit"),
            Panel("Disk", (('1 - node_filesystem_avail_bytes{fstype!~"tmpfs|overlay|squashfs|ramfs"} / node_filesystem_size_bytes', "{{instance}} {{mountpoint}}"),), "percentunit"),
            Panel("Ends of web processes, an hour", (("sum by (process, how) (increase(hrassist_worker_exits_total[1h]))", "{{process}} {{how}}"),)),
            Panel("What we need from others", (("min by (service) (hrassist_service_up)", "{{service}}"),), kind="stat"),
        ),
    ),
    Dashboard(
        "hrassist-database",
        "Database",
        (
            Panel(
                "How long statements take",
                tuple((_quantile(of, "hrassist_database_statement_seconds"), f"p{of[2:]}") for of in ("0.50", "0.95", "0.99")),
                "s",
            ),
            Panel("Statements a second", (("sum by (verb) (rate(hrassist_database_statement_seconds_count[5m]))", "{{verb}}"),), "ops"),
            Panel("Errors", (("sum by (kind) (rate(hrassist_database_errors_total[5m]))", "{{kind}}"),), "ops"),
            Panel("Connections", (("max by (state) (hrassist_database_connections)", "{{state}}"), ("max(hrassist_database_connections_max)", "allowed"))),
            Panel("Connections refused", (("sum by (why) (increase(hrassist_database_refused_total[5m]))", "{{why}}"),)),
            Panel("Oldest transaction", (("max(hrassist_database_longest_transaction_seconds)", "age"),), "s"),
            Panel("Size", (("max(hrassist_database_bytes)", "database"),), "bytes"),
            Panel("Read from memory", (('max(rate(hrassist_database_blocks{source="memory"}[5m])) / sum(max by (source) (rate(hrassist_database_blocks[5m])))', "share"),), "percentunit"),
            Panel("Time in the database by view", (("topk(10, sum by (view) (rate(hrassist_http_request_database_seconds_sum[5m])))", "{{view}}"),), "s"),
            Panel("Statements for each request", (("topk(10, sum by (view) (rate(hrassist_http_request_statements_sum[5m])) / sum by (view) (rate(hrassist_http_request_statements_count[5m])))", "{{view}}"),)),
            Panel("Transactions", (("max by (outcome) (rate(hrassist_database_transactions[5m]))", "{{outcome}}"),), "ops"),
        ),
    ),
    Dashboard(
        "hrassist-queue",
        "Queue and reading",
        (
            Panel("Tasks that could run", (('sum by (queue) (max by (queue, state) (hrassist_queue_tasks{state="ready"}))', "{{queue}}"),)),
            Panel("Oldest of them", (("max by (queue) (hrassist_queue_oldest_ready_seconds)", "{{queue}}"),), "s"),
            Panel("Workers", (("max(hrassist_queue_workers)", "alive"), ("max(hrassist_queue_stalled_tasks)", "stalled tasks")), kind="stat"),
            Panel("Tasks ended", (("sum by (outcome) (rate(hrassist_task_seconds_count[5m]))", "{{outcome}}"),), "ops"),
            Panel("Longest tasks, p95", ((f"topk(10, {_quantile('0.95', 'hrassist_task_seconds', 'le, task')})", "{{task}}"),), "s"),
            Panel("Failed tasks", (('sum by (task) (increase(hrassist_task_seconds_count{outcome="failed"}[1h]))', "{{task}}"),)),
            Panel("Uploads", (("max(hrassist_uploads_waiting)", "wait to be read"), ("max(hrassist_uploads_parked)", "given up"))),
            Panel("Oldest upload", (("max(hrassist_uploads_oldest_seconds)", "waits"),), "s"),
            Panel("Resumes read, an hour", (("max by (outcome) (hrassist_resumes_read_hour)", "{{outcome}}"),)),
            Panel("Vectors", (("max(hrassist_vectors_hour)", "made, an hour"), ("max(hrassist_vectors_missing)", "missing"))),
        ),
    ),
    Dashboard(
        "hrassist-matching",
        "Matching",
        (
            Panel("Rankings, 24 hours", (("max(hrassist_rankings_day)", "rankings"),), kind="stat"),
            Panel("People ranked for a job, 24 hours", (("max(hrassist_matches_day)", "matches"),)),
            Panel("How long a ranking takes", (("max(hrassist_ranking_seconds)", "on average"),), "s"),
            Panel("Resumes", (("max by (state) (hrassist_resumes)", "{{state}}"),)),
            Panel("Without a vector", (("max(hrassist_vectors_missing)", "cannot be ranked by meaning"),), kind="stat"),
        ),
    ),
    Dashboard(
        "hrassist-business",
        "Business",
        (
            Panel("People at work", (("max by (window) (hrassist_users_active)", "{{window}}"), ("max(hrassist_users)", "accounts"))),
            Panel("Applications, 24 hours", (("max(hrassist_applications_day)", "all"), ("max(hrassist_applications_by_link_day)", "by links of drives"))),
            Panel("Job matches, 24 hours", (("max(hrassist_matches_day)", "matches"),)),
            Panel("Where active applications are", (("max by (stage) (hrassist_candidates_in_stage)", "{{stage}}"),)),
            Panel("Applications", (("max by (status) (hrassist_applications)", "{{status}}"),)),
            Panel("Jobs", (("max by (status) (hrassist_jobs)", "{{status}}"),), kind="stat"),
            Panel("Recruitment drives", (("max by (status) (hrassist_drives)", "{{status}}"),), kind="stat"),
            Panel("People on record", (("max(hrassist_candidates)", "people"),)),
            Panel("Stored files", (("max(hrassist_storage_bytes)", "resumes"),), "bytes"),
        ),
    ),
    Dashboard(
        "hrassist-backups",
        "Backups",
        (
            Panel("Age", (("time() - max by (kind) (hrassist_backup_success_timestamp_seconds)", "{{kind}}"),), "s"),
            Panel("Size", (("max by (kind) (hrassist_backup_bytes)", "{{kind}}"),), "bytes"),
            Panel("What has to be kept", (("max(hrassist_database_bytes)", "database"), ("max(hrassist_storage_bytes)", "files")), "bytes"),
        ),
    ),
    Dashboard(
        "hrassist-audit",
        "Audit and deadlines",
        (
            Panel("Not sealed for", (("max(hrassist_audit_seal_lag_seconds)", "oldest event"),), "s"),
            Panel("Events without a seal", (("max(hrassist_audit_unsealed_events)", "events"),)),
            Panel("Past their date", (("max by (kind) (hrassist_privacy_overdue)", "{{kind}}"),), kind="stat"),
            Panel("Clock", (("max(abs(hrassist_clock_skew_seconds))", "off by"),), "s"),
            Panel("Figures that cannot be asked", (("max by (group) (hrassist_state_broken)", "{{group}}"),)),
        ),
    ),
)  # fmt: skip


def files() -> dict[str, str]:
    """Every dashboard by its name below deploy/monitoring."""
    return {f"grafana/{board.uid.removeprefix('hrassist-')}.json": board.as_json() for board in DASHBOARDS}
