"""What the tests of figures read them with."""

from __future__ import annotations

from typing import Any

from prometheus_client import REGISTRY


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def samples(ask: Any) -> dict[str, float]:
    """Figures of one group by name and label."""
    return {
        f"{sample.name}{':' if sample.labels else ''}{','.join(sample.labels.values())}": sample.value
        for metric in ask()
        for sample in metric.samples
    }
