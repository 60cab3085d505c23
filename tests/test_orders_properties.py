"""What holds for every shipment and every file, whatever is in it."""

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.config import read_config
from service.errors import Rejected
from service.intake.feeds import compile_feeds
from service.intake.order_file import dump_shipment
from service.model import Offer, Shipment
from tests.order_documents import an_order_document, as_csv, as_json, as_lines, flat_rows, read, the_shipment
from tests.order_strategies import shipments

FEEDS = compile_feeds(read_config(Path(__file__).parent.parent / "config", {}))
FEED_SAMPLES = Path(__file__).parent / "feeds"

bounded = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@bounded
@given(shipments())
def test_what_is_dumped_reads_as_the_same_shipment(shipment: Shipment) -> None:
    assert shipment == the_shipment(read("a.json", as_json(dump_shipment(shipment))))


@bounded
@given(shipments())
def test_json_lines_and_flat_files_say_the_same(shipment: Shipment) -> None:
    document = dump_shipment(shipment)
    whole = read("a.json", as_json(document))
    assert whole == read("a.jsonl", as_lines(document))
    if len(shipment.order.delivery_address.lines) <= 3:
        redeemed = shipment.order.vouchers_redeemed[:2]
        flat = replace(shipment.order, recommendations=(), offer=Offer(), vouchers_redeemed=redeemed)
        plain = replace(shipment, order=flat)
        document = dump_shipment(plain)
        assert read("a.json", as_json(document)) == read("a.csv", as_csv(flat_rows(document)))


def mutated(content: bytes) -> st.SearchStrategy[bytes]:
    """`content` with some bytes replaced, taken out or put in."""
    edit = st.tuples(
        st.integers(0, len(content)), st.integers(0, 8), st.binary(max_size=8) | st.sampled_from(SPLINTERS)
    )
    return st.lists(edit, min_size=1, max_size=5).map(lambda edits: _edited(content, edits))


SPLINTERS = [
    b'"',
    b"\\",
    b"{",
    b"]",
    b"\0",
    b"\n",
    b",",
    b";",
    b"\r",
    b"\xff",
    b"null",
    b"1e999",
    b"-",
    b"\\ud800",
    b"[[[[",
]


def _edited(content: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    for position, length, new in edits:
        content = content[:position] + new + content[position + length :]
    return content


DOCUMENTS = [an_order_document(order_id=order_id) for order_id in ("A1", "A2")]
FILES = {
    "a.json": as_json(DOCUMENTS[0]),
    "a.jsonl": as_lines(*DOCUMENTS),
    "a.csv": as_csv([*flat_rows(DOCUMENTS[0]), *flat_rows(DOCUMENTS[1])]),
    "shopify-a.json": (FEED_SAMPLES / "shopify-partial.json").read_bytes(),
    "lager-a.csv": (FEED_SAMPLES / "lager-november.csv").read_bytes(),
}
names_and_bytes = st.sampled_from(sorted(FILES)).flatmap(lambda name: st.tuples(st.just(name), mutated(FILES[name])))


@settings(bounded, max_examples=400)
@given(names_and_bytes)
def test_whatever_became_of_a_file_it_is_read_or_rejected(drop: tuple[str, bytes]) -> None:
    with suppress(Rejected):
        read(*drop, FEEDS)


@bounded
@given(st.sampled_from(sorted(FILES)), st.binary(max_size=200))
def test_any_bytes_are_read_or_rejected(name: str, content: bytes) -> None:
    with suppress(Rejected):
        read(name, content, FEEDS)
