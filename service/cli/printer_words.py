"""What printers say, in words that people understand. IPP's keywords are those of PWG 5100 and of CUPS."""

from collections.abc import Sequence

STATES = {
    "idle": "ready",
    "processing": "printing",
    "stopped": "stopped",
    "missing": "missing",
    "unreachable": "unreachable",
}
REASONS = {
    "connecting-to-device": "being reached",
    "cover-open": "cover open",
    "developer-empty": "developer empty",
    "developer-low": "developer low",
    "door-open": "door open",
    "folder-unusable": "folder can't be used",
    "fuser-over-temp": "fuser too hot",
    "fuser-under-temp": "fuser too cold",
    "input-tray-missing": "tray missing",
    "interlock-open": "cover open",
    "marker-supply-empty": "toner empty",
    "marker-supply-low": "toner low",
    "marker-waste-almost-full": "waste box almost full",
    "marker-waste-full": "waste box full",
    "media-empty": "out of paper",
    "media-jam": "paper jam",
    "media-low": "paper low",
    "media-needed": "waits for paper",
    "moving-to-paused": "being stopped",
    "offline": "printer offline",
    "output-area-almost-full": "output tray almost full",
    "output-area-full": "output tray full",
    "output-tray-missing": "output tray missing",
    "paused": "stopped by hand",
    "shutdown": "printer off",
    "spool-area-full": "printer's memory full",
    "timed-out": "printer does not answer",
    "toner-empty": "toner empty",
    "toner-low": "toner low",
}
NEED_HANDS = (
    "cover-open",
    "door-open",
    "marker-supply-empty",
    "media-empty",
    "media-jam",
    "media-needed",
    "toner-empty",
)
SEVERITIES = ("-error", "-warning", "-report")


def state_in_words(state: str) -> str:
    return STATES.get(state, state)


def reasons_in_words(reasons: Sequence[str]) -> list[str]:
    """Each reason once, without how bad the printer thinks it is."""
    return list(dict.fromkeys(map(_in_words, reasons)))


def is_waiting_for_hands(reasons: Sequence[str]) -> bool:
    """True if nothing prints until somebody goes there."""
    return any(reason.endswith("-error") or reason in NEED_HANDS for reason in reasons)


def _in_words(reason: str) -> str:
    for severity in SEVERITIES:
        reason = reason.removesuffix(severity)
    return REASONS.get(reason) or reason.replace("-", " ")
