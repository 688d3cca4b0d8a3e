"""What other people read on a hold. Neutral words, because other people often can see them."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from rules.event import Kind


@dataclass(frozen=True, slots=True)
class HoldText:
    """SUMMARY and DESCRIPTION of a hold. A private one is shown to nobody else."""

    title: str
    text: str = ""
    private: bool = False


_DO_NOT_BOOK = "Please do not book."

HOLD_TEXTS: Mapping[Kind, HoldText] = MappingProxyType(
    {
        Kind.PROTECTED: HoldText(
            "Protected time – please ask first",
            "I keep this time free of meetings so I can get on with my work. "
            "My team can still call me if it cannot wait.",
        ),
        Kind.GAP: HoldText(
            "10 minutes between meetings",
            "Time to finish one thing before starting the next.",
        ),
        Kind.END_OF_DAY: HoldText("End of day", _DO_NOT_BOOK),
        Kind.BREAK: HoldText("Break", _DO_NOT_BOOK),
        Kind.POD: HoldText(
            "Team chat – drop in if you can",
            "No agenda. You do not need to reply. Camera optional. Phone is fine.",
        ),
        Kind.ONE_TO_ONE: HoldText("Catch-up", "Your time. Work or not work, you choose."),
        Kind.APPRECIATION: HoldText(
            "Thank you time", "10 minutes to say thank you and hear what went well."
        ),
        Kind.REVIEW: HoldText(
            "Catch-up (private)",
            "A regular chat about what is working for you and what could change.",
            private=True,
        ),
        Kind.FACE_DAY: HoldText(
            "Team day in person",
            "If coming in is hard for any reason, tell me and we will find another way.",
        ),
        Kind.CHECK_IN: HoldText("Hold", private=True),
        Kind.LEARNING: HoldText("Learning time", "Please ask first."),
    }
)

DISCREET = HoldText("Busy")
"""For a leader who would rather not say; also what a kind without words of its own gets."""
