"""What a policy in Python is written with. It came with `maple`; leave it as it is."""

from . import channels, facts, kinds
from .case import Case, Party
from .finding import (
    Refusal,
    clock,
    derive,
    duty,
    finding,
    forbid,
    forbid_class,
    money,
    offer,
    prefer,
    refer,
    require_first,
    rule,
    signal,
    text,
    within,
)
from .policy import Policy
from .settings import Field, Table, span

__all__ = [
    "Case", "Field", "Party", "Policy", "Refusal", "Table", "channels", "clock", "derive", "duty", "facts", "finding",
    "forbid", "forbid_class", "kinds", "money", "offer", "prefer", "refer", "require_first", "rule", "signal", "span",
    "text", "within",
]
