"""Findings, put together from their claims."""

from wit_world.imports import types
from wit_world.imports.types import Claim, Day, Due, Fact, Finding, Level, Reason, Rule, Span, Subject, Text, Value

from .settings import span

Loose = bool | int | float | str | list[str] | Day | Value


class Refusal(Exception):
    """Raised by `assess`: the policy cannot answer this case; a person will."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def text(zh: str, en: str) -> Text:
    """A text in both languages."""
    return Text(zh, en)


def money(minor: int) -> Value:
    """An amount in minor units (fen, pence, cents) as a value."""
    return types.Value_Money(minor)


def rule(id: str, summary: Text, *basis: str) -> Rule:
    """A rule with what it does and the provisions that it rests on."""
    return Rule(id, summary, list(basis))


def finding(
    rule: str,
    claim: Claim,
    *,
    evidence: list[str] | None = None,
    basis: list[str] | None = None,
    reason: str = "",
    params: dict[str, Loose] | None = None,
) -> Finding:
    """A claim made by a rule. Reason and basis are the rule's own until said otherwise."""
    return Finding(rule, claim, Reason(reason, _facts(params)), basis or [], evidence or [])


def within(length: str, start: str) -> Due:
    """A length of time that runs from an event: `within("7 days", "acceptance")`."""
    found = span(length)
    if found is None:
        raise ValueError(f"not a length of time such as `15 days`: {length}")
    return types.Due_Within(types.Term(found, start))


def offer(
    channel: str,
    *,
    body: str | None = None,
    skills: list[str] | None = None,
    due: Due | None = None,
    weight: int = 0,
    chargeable: bool = False,
) -> Claim:
    """A step on offer."""
    return types.Claim_Offer(types.Offer(channel, body, skills or [], due, weight, chargeable))


def prefer(channel: str, weight: int) -> Claim:
    """Moves a channel that is on offer up or down among its class, -100 to 100."""
    return types.Claim_Prefer(types.Preference(channel, weight))


def require_first(first: str, before: str) -> Claim:
    """One channel must be tried before another."""
    return types.Claim_RequireFirst(types.Precondition(first, before))


def forbid(channel: str) -> Claim:
    """Closes a channel."""
    return types.Claim_Forbid(types.Selector_Channel(channel))


def forbid_class(name: str) -> Claim:
    """Closes every channel of a class, such as `facilitative`."""
    return types.Claim_Forbid(types.Selector_Class(name))


def duty(code: str, *, bearer: str | None = None, params: dict[str, Loose] | None = None) -> Claim:
    """Something that somebody must do."""
    return types.Claim_Duty(types.Duty(code, bearer, _facts(params)))


def clock(code: str, start: Day, length: Span, warn: list[int] | None = None) -> Claim:
    """A time limit that runs from a day, which is not counted."""
    return types.Claim_Clock(types.Clock(code, start, length, warn or []))


def signal(
    code: str,
    level: Level,
    subject: Subject,
    *,
    measures: list[str] | None = None,
    responsible: str | None = None,
    handle_within: Span | None = None,
) -> Claim:
    """Something to watch or prevent. It is never about a person."""
    return types.Claim_Signal(types.Signal(code, level, subject, measures or [], responsible, handle_within))


def derive(key: str, value: Loose) -> Claim:
    """A fact for policies asked later."""
    return types.Claim_Derive(Fact(key, _value(value)))


def refer(code: str) -> Claim:
    """A person must decide; the code says why."""
    return types.Claim_Refer(code)


def _facts(params: dict[str, Loose] | None) -> list[Fact]:
    return [Fact(key, _value(value)) for key, value in (params or {}).items()]


def _value(value: Loose) -> Value:
    match value:
        case bool():
            return types.Value_Flag(value)
        case int() | float():
            return types.Value_Number(float(value))
        case str():
            return types.Value_Text(value)
        case list():
            return types.Value_Words(value)
        case Day():
            return types.Value_Day(value)
        case _:
            return value
