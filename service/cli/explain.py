"""`explain`: which rule chose what for the notes of an order file, and why the others did not. Nothing is spent."""

import argparse
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, time

from service.cli.drops import read_order_file
from service.cli.standing import standings_at
from service.cli.terminal import say, say_json, show_table
from service.clock import utc_now
from service.config import Config
from service.content.shelf import packs_of
from service.errors import SlipwayError
from service.intake.feeds import compile_feeds
from service.intake.reading import read_drop
from service.model import NEUTRAL, SHOWN, Shipment
from service.planning.campaigns.explaining import Explained, Explanation, explain
from service.planning.house import compile_house
from service.planning.note import plan_note

HEADS = ("campaign", "rule>", "slot", "arm", "", "why")
IF_ROOM = "shown, if there is room"
NOON = time(12, tzinfo=UTC)


def explain_file(arguments: argparse.Namespace, config: Config) -> int:
    """Every rule's part in the notes of a file, or in one of them; exit 1 where a note can't be planned."""
    house, feeds = compile_house(config, packs_of(config)), compile_feeds(config)
    now = datetime.combine(arguments.on, NOON) if arguments.on else utc_now()
    reading = read_drop(arguments.file.name, read_order_file(arguments.file), feeds)
    for refusal in reading.refusals:
        _show_fault(f"shipment {refusal.position}", refusal.code, f"{refusal.what} ({refusal.where})", arguments)
    standing_of = standings_at(now, config, house)
    show, failed = _show_json if arguments.json else _show, bool(reading.refusals)
    for read in reading.shipments:
        if arguments.shipment in (None, read.position):
            try:
                standing = standing_of(read.shipment)
                plan_note(read.shipment, house, standing)
                show(read.shipment, explain(read.shipment, house, standing))
            except SlipwayError as error:
                _show_fault(read.shipment.note_id, error.code, str(error), arguments)
                failed = True
    return int(failed)


def _show_fault(name: str, code: str, what: str, arguments: argparse.Namespace) -> None:
    """Why there is nothing to explain."""
    say_json({"refused": name, "code": code, "what": what}) if arguments.json else say(f"{name}: {code}: {what}")


def _show_json(shipment: Shipment, explanation: Explanation) -> None:
    for rule in explanation.rules:
        say_json({"note_id": shipment.note_id} | asdict(rule) | {"outcome": _outcome(rule)})


def _show(shipment: Shipment, explanation: Explanation) -> None:
    order = shipment.order
    say(f"{shipment.note_id}: {order.shop}, {order.site}, in {explanation.language}, on {explanation.now:%Y-%m-%d}")
    show_table(HEADS, [_row(rule) for rule in explanation.rules])
    for line in _decided(explanation):
        say(f"  {line}")
    say("")


def _row(rule: Explained) -> tuple[object, ...]:
    why = f"{rule.unmet}: {', '.join(rule.because)}" if rule.unmet else rule.reason
    return rule.campaign, rule.rule, rule.slot, rule.arm, _outcome(rule), why


def _outcome(rule: Explained) -> str:
    """Nothing is drawn here: what a sheet has room for, and has pictures of, `preview` shows."""
    return IF_ROOM if rule.outcome == SHOWN else rule.outcome


def _decided(explanation: Explanation) -> Iterator[str]:
    """What it comes to."""
    choices = explanation.choices
    for slot, filled in choices.filled.items():
        code = f" with {filled.offer.code}" if filled.offer.code else ""
        yield f"{slot}: {filled.by}{code}"
    neutral = next((each.reason for each in choices.exposures if each.outcome == NEUTRAL), "")
    if neutral:
        yield f"nothing that is about the customer: {neutral}"
    if choices.filled:
        yield "whether there is room for it, `slipway preview` shows"
    yield "all other slots: as always"
