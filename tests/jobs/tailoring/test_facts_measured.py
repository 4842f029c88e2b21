"""The checker over texts that it was not adjusted to: what it has to find, and how rarely it may be wrong."""

from __future__ import annotations

from tests.bench import facts


def test_the_checker_holds_its_bounds_on_texts_that_it_was_not_adjusted_to(capsys):
    recall, false_alarms, needless = facts.measure(facts.UNSEEN, show=False)
    said = capsys.readouterr().out
    assert recall >= facts.RECALL, said
    assert false_alarms <= facts.FALSE_ALARMS, said
    assert needless <= 0.1, said
    for moved in facts.MOVED:
        assert moved in said
