"""Check a diary: what the rules find, and how much of it has what they ask."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.services.read import OpenDiary
from rules.catalogue import evaluate
from rules.finding import Finding
from rules.policy import Severity
from rules.summary import RuleSummary, summarise

if TYPE_CHECKING:
    from app.shapes import CheckResult


@dataclass(frozen=True, slots=True)
class Checked:
    """A diary, its findings in order of time, and one line for each rule."""

    opened: OpenDiary
    findings: tuple[Finding, ...]
    summary: tuple[RuleSummary, ...]

    @property
    def has_must(self) -> bool:
        """Whether anything is missing that a rule asks first."""
        return any(each.severity is Severity.MUST for each in self.findings)

    def shape(self) -> "CheckResult":
        """What tools read."""
        # Making shapes is slower than checking, and people read no shapes.
        from app.shapes import check_of

        return check_of(
            self.opened.diary,
            self.findings,
            self.summary,
            policy_version=self.opened.policy.version,
            warnings=self.opened.warnings,
        )


def check(opened: OpenDiary) -> Checked:
    """Evaluate every rule over the diary's window."""
    findings = evaluate(opened.diary, opened.policy)
    return Checked(opened, findings, summarise(opened.diary, opened.policy, findings))
