"""Runs the five agents over a resume: each step once for one input, each line checked before anything uses it."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from audit import actions as audit
from hrassist.lib import failpoint, llm
from hrassist.lib.errors import DomainError
from jobs.models.tailoring import TailoringRun, TailoringStep
from jobs.tailoring import budget, lease, providers, rows
from jobs.tailoring.agents import AGENTS, REPAIR, Agent, prompt, repair_question, repair_schema
from jobs.tailoring.asking import Asker
from jobs.tailoring.draft import Draft, Line, Material, checked, original
from jobs.tailoring.events import AGAIN, Teller, tell_people
from jobs.tailoring.redact import Redactor
from jobs.tailoring.speech import Speech
from jobs.tailoring.stored import as_data, draft_of, material_of

logger = logging.getLogger(__name__)

RUN_SECONDS = 15 * 60.0
State, StepState = TailoringRun.State, TailoringStep.State
# What calls took is added up by its own statements, also by those of a worker that has lost its lease meanwhile.
TAKEN = ("tokens_in", "tokens_out", "cost")
BEGUN = ("state", "started_at", "ended_at", "attempt", "provider", "model", "prompt_version", "input_hash")
DONE = ("state", "ended_at", "output", "repaired", "blocked")
Outputs = dict[str, Mapping[str, Any]]


def work(run_id: UUID, *, provider: llm.Provider | None = None, pause: Callable[[float], None] = time.sleep) -> None:
    """Take a run as far as it goes: to review, or to a state that says what to do. Doing it twice does it once."""
    held = lease.take(run_id, now=timezone.now())
    if held is None:
        return
    teller = Teller(run_id)
    teller.tell("state", state=State.RUNNING, attempt=held.run.attempt)
    try:
        _Work(held, teller, provider or providers.of(held.run), pause).go()
    except lease.Lost:
        return
    except lease.Cancelled:
        _end(held, teller, to=State.CANCELLED, message="It was stopped. What is done is kept: you can continue.")
    except DomainError as error:
        _end(held, teller, to=State.FAILED, code=error.code, message=error.message)
    except Exception:
        _end(held, teller, to=State.FAILED, code="unforeseen", message=(
            "Something went wrong that we did not foresee. What is done is kept: press Continue to try once more."
        ))  # fmt: skip
        logger.exception("tailoring run %s failed", run_id)
        raise


@transaction.atomic
def _end(held: lease.Lease, teller: Teller, *, to: str, code: str = "", message: str = "") -> None:
    run = (
        TailoringRun.objects.select_for_update(of=("self",))
        .select_related("application__job", "created_by", "approved_by")
        .get(pk=held.run.pk)
    )
    if run.lease_token != held.token or run.state != State.RUNNING:
        return
    run.move(to, now=timezone.now())
    run.failed_for, run.message = code[:40], message[:300]
    run.lease_token = run.lease_until = run.cancel_asked_at = None
    run.save()
    run.steps.filter(state=StepState.RUNNING).update(state=StepState.FAILED, ended_at=timezone.now())
    audit.record(
        "tailoring.done", target=run, by=run.created_by, subject=run.application.candidate_id,
        job=run.application.job_id, reason_code=code, state=to, attempt=run.attempt, blocked=run.blocked_count,
        models=_models(run),
    )  # fmt: skip
    teller.tell("state", state=to, code=code, message=message)
    tell_people(run, now=timezone.now())


def _models(run: TailoringRun) -> list[str]:
    """The language models whose answers the run holds, by their identifiers."""
    done = run.steps.filter(state=StepState.DONE).exclude(model="").order_by("position")
    return list(dict.fromkeys(done.values_list("model", flat=True)))


class _Work:
    """One worker's way through one run."""

    def __init__(
        self, held: lease.Lease, teller: Teller, provider: llm.Provider, pause: Callable[[float], None]
    ) -> None:  # fmt: skip
        self.held, self.run, self.teller = held, held.run, teller
        self.material: Material = material_of(held.run)
        self.provider = provider
        self.redactor, self.pause = Redactor(self.material.source.skeleton), pause
        self.deadline = llm.Deadline.in_seconds(RUN_SECONDS)
        self.outputs: Outputs = {}
        self.draft = Draft()

    def go(self) -> None:
        steps = {step.agent: step for step in self.run.steps.all()}
        for agent in AGENTS:
            step = steps[agent.name]
            if step.output is None:
                self._do(agent, step)
            output = step.output or {}
            self.outputs[agent.name], self.draft = output["answer"], draft_of(output["draft"])
        self._settle()

    def _asker(self, step: TailoringStep) -> Asker:
        purse = budget.Purse(self.run, step, self.provider)
        return Asker(
            provider=self.provider,
            redactor=self.redactor,
            deadline=self.deadline,
            affords=purse.hold,
            spends=purse.settle,
            ends=lambda error: providers.note(self.run, error, now=timezone.now()),
            pause=self.pause,
        ).for_step()

    def _do(self, agent: Agent, step: TailoringStep) -> None:
        question = agent.asks(self.material, self.draft, self.outputs)
        own = prompt(agent.name)
        schema = agent.schema(self.material, self.draft)
        versions = [own.version, prompt(REPAIR).version]
        digest = _digest(versions, self.provider, question, schema)
        self._begin(step, version=own.version, digest=digest)
        failpoint.reach(f"tailoring.{agent.name}")
        self.asker = self._asker(step)
        found = rows.same_step(step, digest)
        if found is not None:
            answer = found["answer"]
        elif _nothing_to_do(agent, self.draft):
            answer = _nothing(agent)
        else:
            answer = self._ask(agent, question, schema=schema)
        draft, proposed = agent.makes(answer, self.material, self.draft)
        draft, repaired, refused = self._put(agent, draft, proposed)
        self._finish(step, {"answer": answer, "draft": as_data(draft)}, repaired=repaired, refused=refused)

    def _put(self, agent: Agent, draft: Draft, proposed: Sequence[Line]) -> tuple[Draft, int, int]:
        """Let what holds into the draft; what does not is worded anew once, and then stays as it was."""
        bad = [line for line in proposed if line.blocked]
        mended: dict[str, Line] = {}
        if bad:
            mended = self._repair(agent, bad)
        repaired = refused = 0
        for line in proposed:
            final = mended.get(line.id, line) if line.blocked else line
            rules = tuple(dict.fromkeys(finding.rule for finding in line.blocked))
            if line.blocked:
                kept = not final.blocked
                repaired, refused = repaired + kept, refused + (not kept)
                self.teller.tell(
                    "finding", agent=agent.name, line=line.id, outcome="repaired" if kept else "refused",
                    rules=list(rules), message=line.blocked[0].message,
                )  # fmt: skip
            if not final.blocked:
                draft = draft.with_line(replace(final, refused=rules))
            elif (before := draft.line(line.id)) is not None:
                draft = draft.with_line(replace(before, refused=(*before.refused, *rules)))
            elif (own := original(line.id, self.material)) is not None:
                draft = draft.with_line(replace(own, refused=rules))
        return draft, repaired, refused

    def _repair(self, agent: Agent, bad: Sequence[Line]) -> dict[str, Line]:
        try:
            answer = self._ask(
                agent, json.loads(repair_question(bad)), schema=repair_schema(bad, self.material.source.skeleton)
            )
        except llm.BudgetSpent:
            raise
        except llm.ModelFailed:
            # The original is always there.
            return {}
        return {
            one["line"]: checked(Line(one["line"], one["text"], tuple(one["evidence"])), self.material)
            for one in answer["lines"]
        }

    def _ask(self, agent: Agent, question: Mapping[str, Any], *, schema: Mapping[str, Any]) -> dict[str, Any]:
        speech = Speech()

        def hears(piece: str | None) -> None:
            nonlocal speech
            # Whoever slept past their lease finds out before they write, not after.
            self.held.keep()
            self.teller.say(agent.name, speech.feed(piece) if piece else "")

        def begins(attempt: int) -> None:
            nonlocal speech
            speech = Speech()
            if attempt > 1:
                self.teller.tell(AGAIN, agent=agent.name, attempt=attempt)
            self.held.keep(at_once=True)

        answer = self.asker.ask(
            prompt(agent.name).text, question, schema=schema, most_tokens=agent.most_tokens, hears=hears, begins=begins
        )
        self.teller.flush()
        return answer

    @transaction.atomic
    def _begin(self, step: TailoringStep, *, version: str, digest: str) -> None:
        self.held.keep(at_once=True)
        step.state, step.started_at, step.ended_at = StepState.RUNNING, timezone.now(), None
        step.attempt += 1
        step.provider, step.model = self.provider.name, self.provider.model
        step.prompt_version, step.input_hash = version, digest
        step.save(update_fields=BEGUN)
        self.teller.forget_text(step.agent)
        self.teller.tell("step", agent=step.agent, state=StepState.RUNNING, attempt=step.attempt)

    @transaction.atomic
    def _finish(self, step: TailoringStep, output: dict[str, Any], *, repaired: int, refused: int) -> None:
        self.held.keep(at_once=True)
        step.refresh_from_db(fields=TAKEN)
        step.state, step.ended_at, step.output = StepState.DONE, timezone.now(), output
        step.repaired, step.blocked = repaired, refused
        step.save(update_fields=DONE)
        if repaired or refused:
            self.run.blocked_count += repaired + refused
            TailoringRun.objects.filter(pk=self.run.pk).update(blocked_count=self.run.blocked_count)
        self.teller.tell(
            "step", agent=step.agent, state=StepState.DONE, repaired=repaired, blocked=refused,
            tokens=step.tokens_in + step.tokens_out, cost=str(step.cost),
        )  # fmt: skip

    def _settle(self) -> None:
        """The lines, and the run to review, in one transaction."""
        with transaction.atomic():
            self.held.keep(at_once=True)
            rows.write_lines(self.run, self.draft, self.material)
            _end(self.held, self.teller, to=State.REVIEW)


def _nothing_to_do(agent: Agent, draft: Draft) -> bool:
    return agent.name in ("validation", "polish") and not any(draft.every())


def _nothing(agent: Agent) -> dict[str, Any]:
    return {"verdicts": []} if agent.name == "validation" else {"lines": []}


def _digest(
    versions: Sequence[str], provider: llm.Provider, question: Mapping[str, Any], schema: Mapping[str, Any]
) -> str:  # fmt: skip
    """Everything on which an answer rests: one that rests on anything else is another answer."""
    asked = [*versions, provider.name, provider.model, question, schema]
    said = json.dumps(asked, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(said.encode()).hexdigest()
