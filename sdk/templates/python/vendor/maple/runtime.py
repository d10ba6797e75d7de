"""What makes a policy a plugin. Authors need nothing from here."""

import traceback
from collections.abc import Callable
from typing import TypeVar

from componentize_py_types import Err
from wit_world.imports import types
from wit_world.imports.types import Descriptor

from .case import Case
from .finding import Refusal
from .policy import Policy
from .settings import Settings

T = TypeVar("T")


def _diary(line: str) -> None:
    from wit_world.imports import diary

    diary.write(line)


def plugin(
    policy_class: type[Policy], id: str, version: str, diary: Callable[[str], None] = _diary
) -> type:
    """The policy as the contract has it."""

    def told(run: Callable[[], T]) -> T:
        try:
            return run()
        except Exception:
            # It ends the sandbox; its author reads why.
            diary(traceback.format_exc())
            raise

    class Plugin:
        policy: Policy | None = None

        def configure(self, setup: types.Setup) -> None:
            settings = Settings(setup.settings)
            made = told(lambda: policy_class(settings.root, setup.calendar))
            complaints = settings.finish()
            if complaints:
                raise Err(complaints)
            Plugin.policy = made

        def describe(self) -> Descriptor:
            made = Plugin.policy
            reasons = getattr(made, "reasons", list)
            if made is None:
                return Descriptor(id, version, policy_class.SUMMARY, [], [], [])
            return told(lambda: Descriptor(id, version, made.SUMMARY, made.reads(), made.rules(), reasons()))

        def assess(self, file: types.CaseFile) -> list[types.Finding]:
            made = Plugin.policy
            if made is None:
                raise Err(types.Refusal("not_configured", "asked before it was configured"))
            try:
                return told(lambda: made.assess(Case(file)))
            except Refusal as refusal:
                raise Err(types.Refusal(refusal.code, refusal.detail)) from None

    return Plugin
