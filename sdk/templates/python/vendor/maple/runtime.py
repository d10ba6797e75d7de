"""What makes a policy a plugin. Authors need nothing from here."""

from collections.abc import Callable
from typing import TypeVar

from componentize_py_types import Err
from wit_world.imports import diary as host_diary
from wit_world.imports import types
from wit_world.imports.types import Descriptor

from .case import Case
from .finding import Refusal
from .policy import Policy
from .settings import Settings

T = TypeVar("T")


def _told(error: BaseException) -> list[str]:
    """What went wrong, and where. The module `traceback` would look for the sources, and there are no files."""
    lines = [f"{type(error).__name__}: {error}"]
    place = error.__traceback__
    while place is not None:
        code = place.tb_frame.f_code
        lines.insert(1, f"    at {code.co_name} ({code.co_filename}:{place.tb_lineno})")
        place = place.tb_next
    return lines


def plugin(
    policy_class: type[Policy], id: str, version: str, diary: Callable[[str], None] = host_diary.write
) -> type:
    """The policy as the contract has it."""

    def told(run: Callable[[], T]) -> T:
        try:
            return run()
        except Refusal:
            raise
        except Exception as error:
            # It ends the sandbox; its author reads why.
            for line in _told(error):
                diary(line)
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
