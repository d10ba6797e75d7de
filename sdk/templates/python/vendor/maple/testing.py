"""Asking a policy questions under plain `python3 -m unittest`, without a sandbox."""

import sys
from typing import Any

from componentize_py_types import Err
from wit_world.imports import types
from wit_world.imports.types import Calendar, CaseFile, Day, Fact, Finding, PartyType, Purposes, Setting, Setup

from .finding import _value
from .policy import Policy
from .runtime import plugin

TODAY = Day(2026, 11, 23)


def _push(tree: Any, nodes: list[Setting]) -> int:
    at = len(nodes)
    nodes.append(types.Setting_Flag(False))
    match tree:
        case bool():
            nodes[at] = types.Setting_Flag(tree)
        case int() | float():
            nodes[at] = types.Setting_Number(float(tree))
        case str():
            nodes[at] = types.Setting_Text(tree)
        case Day():
            nodes[at] = types.Setting_Day(tree)
        case list():
            nodes[at] = types.Setting_Items([_push(item, nodes) for item in tree])
        case _:
            nodes[at] = types.Setting_Table([(key, _push(value, nodes)) for key, value in tree.items()])
    return at


def _configured(policy: type[Policy], settings: dict[str, Any]) -> Any:
    nodes: list[Setting] = []
    _push(settings, nodes)
    made = plugin(policy, "test", "0.1.0", lambda line: print(f"diary: {line}", file=sys.stderr))()
    made.configure(Setup(nodes, Calendar([6, 7], [], [])))
    return made


def complaints(policy: type[Policy], settings: dict[str, Any]) -> list[str]:
    """The complaints about settings as `path: message`, none when they are fine."""
    try:
        _configured(policy, settings)
        return []
    except Err as error:
        return [f"{found.path}: {found.message}" for found in error.value]


def ask(
    policy: type[Policy],
    settings: dict[str, Any],
    kind: str,
    facts: dict[str, Any] | None = None,
    parties: list[tuple[str, dict[str, Any]]] | None = None,
) -> list[Finding]:
    """Asks a policy as the host would: it sees only the facts that it says it reads."""
    made = _configured(policy, settings)
    told = made.describe()

    def shared(given: dict[str, Any]) -> list[Fact]:
        return [Fact(key, _value(given[key])) for key in sorted(given) if key in told.reads]

    people = [types.Party(role, PartyType.NATURAL, shared(given)) for role, given in parties or []]
    purposes = Purposes.ROUTING | Purposes.PREVENTION
    findings = made.assess(CaseFile(purposes, "cn", kind, "hotline", TODAY, TODAY, shared(facts or {}), people))
    for found in findings:
        assert found.rule in [rule.id for rule in told.rules], f"`{found.rule}` is not among the rules"
        for key in found.evidence:
            assert key in told.reads, f"`{key}` is not among the facts that it reads"
    return findings


def offers(findings: list[Finding]) -> list[str]:
    """The channels on offer, as `channel` or `channel/body`."""
    claims = [found.claim.value for found in findings if isinstance(found.claim, types.Claim_Offer)]
    return [f"{claim.channel}/{claim.body}" if claim.body else claim.channel for claim in claims]
