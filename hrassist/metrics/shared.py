"""What web, stream and worker counted, added up over their processes, with `process` telling which kind it was."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from prometheus_client import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from hrassist.metrics import files


class SharedCollector(Collector):
    """Reads the files of all processes of this machine."""

    def __init__(self, root: Path | None) -> None:
        self.root = root

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        if self.root is None or not self.root.is_dir():
            return
        found: dict[str, Metric] = {}
        for role in files.ROLES:
            with files.of_role(self.root, role) as names:
                merged = list(MultiProcessCollector.merge(names)) if names else []
            for metric in merged:
                kept = found.setdefault(metric.name, Metric(metric.name, metric.documentation, metric.type))
                for sample in metric.samples:
                    kept.samples.append(sample._replace(labels={**sample.labels, "process": role}))
        alive = Metric("hrassist_processes", "Servers and workers of this machine that count.", "gauge")
        for role in files.ROLES:
            held = sum(files.is_held(folder) for folder in self.root.glob(f"{role}-*"))
            alive.add_sample("hrassist_processes", {"process": role}, held)
        yield from found.values()
        yield alive
