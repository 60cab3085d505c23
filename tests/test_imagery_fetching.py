"""Pictures over HTTPS, from a real server on this machine that misbehaves in every way that servers do."""

import gzip
import ipaddress
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
import trustme

from service import __version__
from service.config import Images
from service.imagery.offered import Brought
from service.imagery.originals.fetching import Fetcher, Wish
from service.imagery.originals.links import LinkRefused, parsed_link
from service.imagery.originals.outside import Outside, is_public, system_addresses
from service.imagery.originals.politeness import FAILURES_IN_A_ROW, Lane
from service.imagery.refused import PictureRefused
from tests.builders import NOON
from tests.tls_server import JPEG, Answer, Clock, TlsServer

FAST = Images(requests_per_s=1000, timeout_s=5)
MB = 1_000_000


class Asking:
    """A fetcher whose own host is the server's, and a folder for what it fetches."""

    def __init__(self, server: TlsServer, into: Path, settings: Images = FAST, **outside: Any) -> None:
        self.server = server
        self.into = into
        self.clock = Clock()
        world = {"now": self.clock.now, "wait": self.clock.wait} | outside
        self._settings = settings
        self._fetcher = Fetcher(settings, "pictures.test", server.outside(**world))

    def fetch(self, path: str, known_stamp: str = "", host: str = "pictures.test") -> Brought | None:
        link = parsed_link(self.server.url(path, host))
        return self._fetcher.fetch(Wish(link, known_stamp, self.into, self._settings.max_mb * MB))

    def refusal(self, path: str, host: str = "pictures.test") -> tuple[str, str]:
        with pytest.raises(PictureRefused) as refused:
            self.fetch(path, host=host)
        assert [] == list(self.into.iterdir())
        return refused.value.code, refused.value.what


@pytest.fixture
def into(tmp_path: Path) -> Path:
    folder = tmp_path / "fetched"
    folder.mkdir()
    return folder


@pytest.fixture
def asking(tls_server: TlsServer, into: Path) -> Asking:
    return Asking(tls_server, into)


# What is asked, and what comes of it ---------------------------------------------------------------------------------


def test_a_picture_comes_whole_and_under_a_name_of_ours(asking: Asking, into: Path) -> None:
    asking.server.answers["/22139.jpg"] = [Answer()]
    brought = asking.fetch("/22139.jpg")
    assert brought is not None
    assert JPEG == brought.path.read_bytes()
    assert [brought.path] == list(into.iterdir())
    assert "22139" not in brought.path.name


def test_requests_say_who_asks_and_want_no_compression(asking: Asking) -> None:
    asking.server.answers["/1.jpg"] = [Answer()]
    asking.fetch("/1.jpg")
    expected = {
        "host": f"pictures.test:{asking.server.port}",
        "user-agent": f"slipway/{__version__}",
        "accept": "*/*",
        "accept-encoding": "identity",
    }
    assert expected == asking.server.requests[0].fields


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ({"ETag": '"a-1"'}, {"if-none-match": '"a-1"'}),
        ({"Last-Modified": "Sat, 21 Nov 2026 12:00:00 GMT"}, {"if-modified-since": "Sat, 21 Nov 2026 12:00:00 GMT"}),
    ],
)
def test_what_is_known_is_fetched_only_if_it_changed(
    asking: Asking, given: dict[str, str], asked: dict[str, str]
) -> None:
    asking.server.answers["/1.jpg"] = [Answer(fields=given), Answer(304)]
    brought = asking.fetch("/1.jpg")
    assert brought is not None
    assert asking.fetch("/1.jpg", brought.stamp) is None
    assert asked.items() <= asking.server.requests[1].fields.items()


def test_a_changed_picture_comes_anew_with_a_new_stamp(asking: Asking) -> None:
    asking.server.answers["/1.jpg"] = [Answer(fields={"ETag": '"1"'}), Answer(body=b"new", fields={"ETag": '"2"'})]
    first = asking.fetch("/1.jpg")
    assert first is not None
    second = asking.fetch("/1.jpg", first.stamp)
    assert second is not None
    assert b"new" == second.path.read_bytes()
    assert first.stamp != second.stamp


def test_a_stamp_counts_for_its_own_address_only(asking: Asking) -> None:
    asking.server.answers["/1.jpg"] = asking.server.answers["/2.jpg"] = [Answer(fields={"ETag": '"1"'})]
    brought = asking.fetch("/1.jpg")
    assert brought is not None
    for stamp in (brought.stamp, "12-34-56-78", "version 1", '{"link": 1}', "[]", "{"):
        asking.fetch("/2.jpg", stamp)
    assert all("if-none-match" not in request.fields for request in asking.server.requests)


def test_an_answer_without_validators_leaves_no_stamp(asking: Asking) -> None:
    asking.server.answers["/1.jpg"] = [Answer()]
    brought = asking.fetch("/1.jpg")
    assert brought is not None
    assert "" == brought.stamp


def test_a_304_that_nobody_asked_for_is_refused(asking: Asking) -> None:
    asking.server.answers["/1.jpg"] = [Answer(304)]
    assert ("not-fetched", "the server answered 304") == asking.refusal("/1.jpg")


def test_a_companys_own_authority_is_trusted_through_the_environment(
    tls_server: TlsServer, trusted: Path, into: Path
) -> None:
    tls_server.answers["/1.jpg"] = [Answer()]
    fetcher = Fetcher(FAST, "127.0.0.1", Outside())
    link = parsed_link(tls_server.url("/1.jpg", "127.0.0.1"))
    assert fetcher.fetch(Wish(link, "", into, MB)) is not None


# What is not taken ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [204, 206, 400, 401, 403, 404, 408, 410, 451])
def test_what_the_server_does_not_give_is_refused_at_once_with_its_answer(asking: Asking, status: int) -> None:
    asking.server.answers["/1.jpg"] = [Answer(status, body=b"")]
    assert ("not-fetched", f"the server answered {status}") == asking.refusal("/1.jpg")
    assert 1 == len(asking.server.requests)


@pytest.mark.parametrize("length", [None, -1, 5 * MB])
def test_a_file_that_is_too_large_is_refused_however_its_length_is_told(
    tls_server: TlsServer, into: Path, length: int | None
) -> None:
    asking = Asking(tls_server, into, FAST.model_copy(update={"max_mb": 1}))
    tls_server.answers["/1.jpg"] = [Answer(body=bytes(65536), repeats=20, length=length)]
    assert ("too-large", "the file is larger than 1 MB") == asking.refusal("/1.jpg")
    assert 1 == len(tls_server.requests)


def test_a_file_that_is_just_not_too_large_is_taken(tls_server: TlsServer, into: Path) -> None:
    asking = Asking(tls_server, into, FAST.model_copy(update={"max_mb": 1}))
    tls_server.answers["/1.jpg"] = [Answer(body=bytes(MB), length=-1)]
    brought = asking.fetch("/1.jpg")
    assert brought is not None
    assert MB == brought.path.stat().st_size


@pytest.mark.parametrize("encoding", ["gzip", "br", "identity, gzip"])
def test_a_compressed_answer_is_refused(asking: Asking, encoding: str) -> None:
    asking.server.answers["/1.jpg"] = [Answer(body=gzip.compress(bytes(MB)), fields={"Content-Encoding": encoding})]
    what = "the server sent the file compressed, which was not asked for"
    assert ("not-fetched", what) == asking.refusal("/1.jpg")


def test_a_server_with_another_names_certificate_is_not_asked(asking: Asking) -> None:
    other = Asking(asking.server, asking.into, FAST.model_copy(update={"private_hosts": ("other.test",)}))
    code, what = other.refusal("/1.jpg", host="other.test")
    assert "not-fetched" == code
    assert "the server's certificate is not trusted: Hostname mismatch" in what
    assert [] == asking.server.requests


def test_a_certificate_of_an_unknown_authority_is_not_trusted(tls_server: TlsServer, into: Path) -> None:
    def stranger() -> Any:
        context = Outside().trust()
        trustme.CA().configure_trust(context)
        return context

    code, what = Asking(tls_server, into, trust=stranger).refusal("/1.jpg")
    assert "not-fetched" == code
    assert what.startswith("the server's certificate is not trusted: ")
    assert [] == tls_server.requests


def test_a_folder_that_can_not_be_written_is_no_fault_of_the_picture(tls_server: TlsServer, into: Path) -> None:
    tls_server.answers["/1.jpg"] = [Answer()]
    with pytest.raises(FileNotFoundError):
        Asking(tls_server, into / "gone").fetch("/1.jpg")
    assert 1 == len(tls_server.requests)


# What is tried again -------------------------------------------------------------------------------------------------


def test_a_failing_server_is_tried_again_after_growing_pauses(asking: Asking) -> None:
    asking.server.answers["/1.jpg"] = [Answer(500, body=b""), Answer(502, body=b""), Answer()]
    assert asking.fetch("/1.jpg") is not None
    assert [0.5, 1.0] == [wait for wait in asking.clock.waits if wait > 0.1]


def test_tries_have_an_end(asking: Asking) -> None:
    asking.server.answers["/1.jpg"] = [Answer(503, body=b"")]
    assert ("not-fetched", "the server answered 503") == asking.refusal("/1.jpg")
    assert FAST.attempts == len(asking.server.requests)


DATES = {
    "Retry-After": format_datetime(NOON + timedelta(seconds=7), usegmt=True),
    "Date": format_datetime(NOON, usegmt=True),
}


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("fields", [{"Retry-After": "7"}, DATES])
def test_a_server_that_names_the_time_is_left_alone_so_long(
    asking: Asking, status: int, fields: dict[str, str]
) -> None:
    asking.server.answers["/1.jpg"] = [Answer(status, fields, b""), Answer()]
    assert asking.fetch("/1.jpg") is not None
    assert 7 == sum(wait for wait in asking.clock.waits if wait > 0.1)


def test_a_server_that_wants_a_long_rest_is_asked_no_more(asking: Asking) -> None:
    asking.server.answers["/1.jpg"] = [Answer(429, {"Retry-After": "3600"}, b"")]
    code, what = asking.refusal("/1.jpg")
    assert "not-fetched" == code
    assert what.startswith("pictures.test wants no requests for 3")
    asking.refusal("/2.jpg")
    assert ["/1.jpg"] == asking.server.paths()


@pytest.mark.parametrize("retry_after", ["soon", "-1", "Sat, 21 Nov 2026", "9" * 400, "1e9"])
def test_a_senseless_retry_after_is_none(asking: Asking, retry_after: str) -> None:
    asking.server.answers["/1.jpg"] = [Answer(503, {"Retry-After": retry_after}, b""), Answer()]
    assert asking.fetch("/1.jpg") is not None


def test_a_connection_that_is_cut_is_tried_again(asking: Asking) -> None:
    asking.server.answers["/1.jpg"] = [Answer(length=10_000), Answer()]
    brought = asking.fetch("/1.jpg")
    assert brought is not None
    assert JPEG == brought.path.read_bytes()
    assert [brought.path] == list(asking.into.iterdir())


def test_a_connection_that_is_always_cut_is_refused(asking: Asking) -> None:
    asking.server.answers["/1.jpg"] = [Answer(length=10_000)]
    assert ("not-fetched", "the connection broke") == asking.refusal("/1.jpg")


def test_a_server_that_is_not_there_is_named_so(tls_server: TlsServer, into: Path) -> None:
    tls_server.stop()
    code, what = Asking(tls_server, into).refusal("/1.jpg")
    assert ("not-fetched", "no connection: Connection refused") == (code, what)


def test_a_name_that_nobody_knows_is_named_so(tls_server: TlsServer, into: Path) -> None:
    def nowhere(host: str, port: int) -> tuple[str, ...]:
        raise OSError("no such name")

    code, what = Asking(tls_server, into, addresses=nowhere).refusal("/1.jpg")
    assert ("not-fetched", "no connection: the host's name can't be resolved") == (code, what)


def test_a_host_that_keeps_failing_is_left_alone(asking: Asking) -> None:
    for number in range(FAILURES_IN_A_ROW + 3):
        asking.server.answers[f"/{number}.jpg"] = [Answer(500, body=b"")]
        asking.refusal(f"/{number}.jpg")
    assert FAILURES_IN_A_ROW * FAST.attempts == len(asking.server.requests)
    assert "left alone" in asking.refusal("/0.jpg")[1]


def test_a_missing_picture_says_nothing_against_its_host(asking: Asking) -> None:
    for _ in range(FAILURES_IN_A_ROW + 3):
        asking.refusal("/missing.jpg")
    asking.server.answers["/1.jpg"] = [Answer()]
    assert asking.fetch("/1.jpg") is not None


# Time ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [Answer(stalls=True), Answer(drip_s=0.02, body=bytes(1000)), Answer(drip_s=0.02, fields={"A": "b" * 1000})],
)
def test_a_server_that_is_slow_or_trickles_is_given_up_in_time(
    tls_server: TlsServer, into: Path, answer: Answer
) -> None:
    settings = FAST.model_copy(update={"timeout_s": 0.1, "attempts": 2})
    asking = Asking(tls_server, into, settings, now=Outside().now)
    tls_server.answers["/1.jpg"] = [answer]
    assert ("not-fetched", "the server took too long") == asking.refusal("/1.jpg")


def test_a_server_that_never_shakes_hands_is_given_up_in_time(tls_server: TlsServer, into: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings = FAST.model_copy(update={"timeout_s": 0.1, "attempts": 2})
        asking = Asking(tls_server, into, settings, now=Outside().now)
        tls_server.port = silent.getsockname()[1]
        assert ("not-fetched", "the server took no connection in time") == asking.refusal("/1.jpg")


# Redirects and private addresses -------------------------------------------------------------------------------------


def test_a_redirect_is_followed(asking: Asking) -> None:
    asking.server.answers["/old.jpg"] = [Answer(301, {"Location": "new%20one.jpg?size=1"}, b"")]
    asking.server.answers["/new%20one.jpg?size=1"] = [Answer()]
    assert asking.fetch("/old.jpg") is not None


def test_redirects_have_an_end(asking: Asking) -> None:
    asking.server.answers["/1.jpg"] = [Answer(302, {"Location": "/1.jpg"}, b"")]
    assert ("not-fetched", "more than 3 redirects") == asking.refusal("/1.jpg")
    assert 4 == len(asking.server.requests)


@pytest.mark.parametrize(
    "location", ["http://pictures.test/1.jpg", "ftp://pictures.test/", "file:///etc/passwd", "data:image/png;base64,"]
)
def test_a_redirect_out_of_https_is_not_followed(asking: Asking, location: str) -> None:
    asking.server.answers["/1.jpg"] = [Answer(302, {"Location": location}, b"")]
    what = "a redirect to what is not followed: only https:// addresses are fetched"
    assert ("not-fetched", what) == asking.refusal("/1.jpg")


def test_a_redirect_to_a_private_host_is_not_followed(asking: Asking) -> None:
    asking.server.answers["/1.jpg"] = [Answer(302, {"Location": asking.server.url("/secret.jpg", "cdn.test")}, b"")]
    what = "cdn.test has a private address: list it in images.private_hosts if it may be asked"
    assert ("not-fetched", what) == asking.refusal("/1.jpg")
    assert ["/1.jpg"] == asking.server.paths()


def test_a_private_host_that_the_operator_listed_is_asked(tls_server: TlsServer, into: Path) -> None:
    asking = Asking(tls_server, into, FAST.model_copy(update={"private_hosts": ("CDN.test",)}))
    tls_server.answers["/1.jpg"] = [Answer(302, {"Location": tls_server.url("/2.jpg", "cdn.test")}, b"")]
    tls_server.answers["/2.jpg"] = [Answer()]
    assert asking.fetch("/1.jpg") is not None


def test_a_name_that_changes_its_address_leads_nowhere_private(tls_server: TlsServer, into: Path) -> None:
    """The address that was judged is the one that is connected to: the name is resolved once for each connection."""
    resolved: list[str] = []

    def rebinding(host: str, port: int) -> tuple[str, ...]:
        resolved.append(host)
        return ("192.0.2.1", "127.0.0.1") if len(resolved) == 1 else ("127.0.0.1",)

    asking = Asking(tls_server, into, addresses=rebinding)
    assert "cdn.test has a private address" in asking.refusal("/1.jpg", host="cdn.test")[1]
    assert "cdn.test has a private address" in asking.refusal("/1.jpg", host="cdn.test")[1]
    assert [] == tls_server.requests


@pytest.mark.parametrize(
    "address",
    [
        *(
            "127.0.0.1",
            "127.8.8.8",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
        ),
        *("192.0.2.1", "198.18.0.1", "224.0.0.1", "239.1.2.3", "240.0.0.1", "255.255.255.255", "::", "::1"),
        *("fe80::1", "fc00::1", "fd12::1", "fec0::1", "ff02::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1"),
        *(
            "::ffff:169.254.169.254",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b::a00:1",
            "2002:7f00:1::",
            "2002:a00:1::",
        ),
    ],
)
def test_an_address_that_is_not_the_open_internet_is_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]
)
def test_an_address_of_the_open_internet_is_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("host", ["127.1", "0x7f.1", "2130706433", "localhost"])
def test_other_spellings_of_this_machine_are_private_too(host: str) -> None:
    addresses = map(ipaddress.ip_address, system_addresses(host, 443))
    assert not any(map(is_public, addresses))


# Politeness ----------------------------------------------------------------------------------------------------------


def test_a_host_has_no_more_connections_than_it_may(tls_server: TlsServer, into: Path) -> None:
    asking = Asking(tls_server, into, FAST.model_copy(update={"connections": 2}))
    tls_server.holds_s = 0.03
    paths = [f"/{number}.jpg" for number in range(10)]
    tls_server.answers = {path: [Answer()] for path in paths}
    with ThreadPoolExecutor(8) as threads:
        brought = list(threads.map(asking.fetch, paths))
    assert None not in brought
    assert sorted(paths) == sorted(tls_server.paths())
    assert 1 <= tls_server.most_at_once <= 2


def test_a_turn_is_kept_until_its_block_ends() -> None:
    lane = Lane("pictures.test", FAST.model_copy(update={"connections": 2}), Outside())
    entered = threading.Event()

    def enter() -> None:
        with lane.turn():
            entered.set()

    third = threading.Thread(target=enter)
    with ExitStack() as turns:
        turns.enter_context(lane.turn())
        turns.enter_context(lane.turn())
        third.start()
        assert not entered.wait(0.05)
    assert entered.wait(5)
    third.join(5)


def test_requests_are_spread_over_time() -> None:
    clock = Clock()
    outside = Outside(now=clock.now, wait=clock.wait)
    lane = Lane("pictures.test", Images(requests_per_s=20), outside)
    for _ in range(41):
        with lane.turn():
            pass
    assert [0.05] * 40 == clock.waits


def test_connections_are_used_again(asking: Asking) -> None:
    asking.server.answers["/1.jpg"] = [Answer()]
    for _ in range(5):
        asking.fetch("/1.jpg")
    assert 1 == asking.server.connections


# Addresses -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://Pictures.Test/a b.jpg", "https://pictures.test/a%20b.jpg"),
        ("https://pictures.test:8443/a%20b.jpg", "https://pictures.test:8443/a%20b.jpg"),
        ("https://pictures.test", "https://pictures.test/"),
        ("https://pictures.test./100%.jpg#top", "https://pictures.test/100%25.jpg"),
        ("https://bücher.example/größe.jpg?ü=1", "https://xn--bcher-kva.example/gr%C3%B6%C3%9Fe.jpg?%C3%BC=1"),
        ("https://[2606:4700::1111]:444/1.jpg", "https://[2606:4700::1111]:444/1.jpg"),
    ],
)
def test_an_address_has_one_form(text: str, expected: str) -> None:
    assert expected == parsed_link(text).address


@pytest.mark.parametrize(
    "text",
    [
        *("http://pictures.test/1.jpg", "//pictures.test/1.jpg", "1.jpg", "", "https://", "https:///1.jpg"),
        *("https://ada:secret@pictures.test/", "https://ada@pictures.test/", "https://pictures.test\\@evil.test/"),
        *("https://pictures.test:99999/", "https://pictures.test:x/", "https://[::1", "https://[fe80::1%eth0]/"),
        *(
            "https://a\r\nHost: b/",
            "https://a/\n",
            "https://a b/",
            "https://" + "a" * 5000,
            "https://..",
            "https://ẞ℀/",
        ),
    ],
)
def test_what_is_no_address_of_a_picture_is_refused(text: str) -> None:
    with pytest.raises(LinkRefused) as refused:
        parsed_link(text)
    assert "secret" not in str(refused.value)


def test_an_address_shows_no_key_and_differs_as_its_keys_do() -> None:
    one, other = (parsed_link(f"https://pictures.test/1.jpg?token={token}").shown for token in ("hunter2", "hunter3"))
    assert one.startswith("https://pictures.test/1.jpg?...")
    assert "hunter" not in one + other
    assert one != other
