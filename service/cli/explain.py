"""`explain`: which rule chose what for the notes of an order file, and why the others did not. Nothing is spent.

Each note is drawn, and not kept: what found no room on it is told as left out.
"""

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime, time

from service.cli.drops import read_order_file
from service.cli.standing import standings_at
from service.cli.terminal import say, say_json, show_table
from service.clock import utc_now
from service.config import Config
from service.content.shelf import packs_of
from service.errors import SlipwayError
from service.imagery.library import Library
from service.intake.feeds import compile_feeds
from service.intake.reading import read_drop
from service.model import LEFT_OUT, NEUTRAL, SHOWN, Plan, RenderedNote, Shipment
from service.planning.campaigns.explaining import Explained, Explanation, explain
from service.planning.house import compile_house
from service.planning.note import plan_note
from service.rendering.layouts.loading import Layout, load_layout
from service.rendering.renderer import Renderer

HEADS = ("campaign", "rule>", "slot", "arm", "", "why")
NO_PLACE, NO_ROOM = "the layout has no place for it", "there is no room, or no picture"
NOON = time(12, tzinfo=UTC)


def explain_file(arguments: argparse.Namespace, config: Config) -> int:
    """Every rule's part in the notes of a file, or in one of them; exit 1 where a note can't be planned."""
    house, feeds = compile_house(config, packs_of(config)), compile_feeds(config)
    now = datetime.combine(arguments.on, NOON) if arguments.on else utc_now()
    reading = read_drop(arguments.file.name, read_order_file(arguments.file), feeds)
    for refusal in reading.refusals:
        _show_fault(f"shipment {refusal.position}", refusal.code, f"{refusal.what} ({refusal.where})", arguments)
    standing_of = standings_at(now, config, house)
    drawing = _Drawing(config)
    show, failed = _show_json if arguments.json else _show, bool(reading.refusals)
    for read in reading.shipments:
        if arguments.shipment in (None, read.position):
            try:
                standing = standing_of(read.shipment)
                unseen = drawing.unseen(plan_note(read.shipment, house, standing))
                show(read.shipment, _on_paper(explain(read.shipment, house, standing), unseen))
            except SlipwayError as error:
                _show_fault(read.shipment.note_id, error.code, str(error), arguments)
                failed = True
    return int(failed)


class _Drawing:
    """Draws notes as the service would, with the pictures that the library has."""

    def __init__(self, config: Config) -> None:
        self._layouts = config.settings.layouts
        self._library = Library(config.settings.image_cache)
        self._renderers: dict[str, tuple[Layout, Renderer]] = {}

    def unseen(self, plan: Plan) -> Mapping[str, str]:
        """By slot, why what the plan has of marketing is not on the paper; raises LayoutBroken, DoesNotFit and more."""
        if plan.layout not in self._renderers:
            layout = load_layout(self._layouts / plan.layout)
            self._renderers[plan.layout] = layout, Renderer({plan.layout: layout})
        layout, renderer = self._renderers[plan.layout]
        note = renderer.render(plan, self._library.pick(plan, renderer.picture_sizes(plan.layout)).pictures)
        return {slot: _why(slot, note, layout) for slot in note.unseen}


def _why(slot: str, note: RenderedNote, layout: Layout) -> str:
    if slot in layout.file.leaves_out:
        return NO_PLACE
    return next((fault for fault in note.faults if fault.endswith(f"({slot})")), NO_ROOM)


def _on_paper(explanation: Explanation, unseen: Mapping[str, str]) -> Explanation:
    """What was explained, with what is not on the paper as left out."""
    rules = tuple(
        replace(rule, outcome=LEFT_OUT, reason=unseen[rule.slot])
        if rule.outcome == SHOWN and rule.slot in unseen
        else rule
        for rule in explanation.rules
    )
    return replace(explanation, rules=rules)


def _show_fault(name: str, code: str, what: str, arguments: argparse.Namespace) -> None:
    """Why there is nothing to explain."""
    say_json({"refused": name, "code": code, "what": what}) if arguments.json else say(f"{name}: {code}: {what}")


def _show_json(shipment: Shipment, explanation: Explanation) -> None:
    for rule in explanation.rules:
        say_json({"note_id": shipment.note_id} | asdict(rule))


def _show(shipment: Shipment, explanation: Explanation) -> None:
    order = shipment.order
    say(f"{shipment.note_id}: {order.shop}, {order.site}, in {explanation.language}, on {explanation.now:%Y-%m-%d}")
    show_table(HEADS, [_row(rule) for rule in explanation.rules])
    for line in _decided(explanation):
        say(f"  {line}")
    say("")


def _row(rule: Explained) -> tuple[object, ...]:
    why = f"{rule.unmet}: {', '.join(rule.because)}" if rule.unmet else rule.reason
    return rule.campaign, rule.rule, rule.slot, rule.arm, rule.outcome, why


def _decided(explanation: Explanation) -> Iterator[str]:
    """What it comes to."""
    choices = explanation.choices
    left_out = {rule.slot: rule.reason for rule in explanation.rules if rule.outcome == LEFT_OUT}
    for slot, filled in choices.filled.items():
        code = f" with {filled.offer.code}" if filled.offer.code else ""
        yield f"{slot}: {filled.by}{code}" + (f", left out: {left_out[slot]}" if slot in left_out else "")
    neutral = next((each.reason for each in choices.exposures if each.outcome == NEUTRAL), "")
    if neutral:
        yield f"nothing that is about the customer: {neutral}"
    yield "all other slots: as always"
