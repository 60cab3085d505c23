"""How a file is changed: some of what a disk, a sender, an editor or an enemy does to it; the same for the same chance.

Changes are blind, but for JSON, whose values are changed as values too: bytes alone seldom leave it readable.
"""

import json
import random
import re
import struct
import zlib
from collections.abc import Callable, Sequence
from typing import Any

MOST_BYTES = 1 << 17
MOST_CHANGES = 4
LONG = (1_000, 9_000, 70_000)  # bytes of a run that is made long
NUMBER = re.compile(rb"-?\d+(?:\.\d+)?")
NUMBERS: tuple[bytes, ...] = (
    *b"0 -0 -1 1 2 999 1000 1000001 2147483647 2147483648 9223372036854775808 18446744073709551616 1e400".split(),
    *b"NaN Infinity -Infinity 1e30 1E+31 0x10 0b1 00 01 1. .5 1_000 1,5 1.234,50 0.00005 99999999 1e1000000".split(),
    *b"true 12:60 24:00 2026-02-30 0000-00-00 9999-12-31 2026-11-21T09:30:00+99:99 29.02.2025 null -1e400 -0.0".split(),
    *("٣".encode(), "９".encode(), "½".encode(), b"9" * 400, b"1e" + b"9" * 40),
)
SPLINTERS: tuple[bytes, ...] = (
    *(b'"', b"'", b"\\", b"{", b"}", b"[", b"]", b"<", b">", b"&", b"%", b"$", b",", b";", b":", b"=", b"#", b"\t"),
    *(b"\0", b"\n", b"\r", b"\r\n", b"\x1a", b"\x1b[31m", b"\x7f", b"\xff", b"\xfe\xff", b"\xef\xbb\xbf", b"\xc3"),
    *(b'\\"', b"\\u0000", b"\\ud800", b"\\udfff\\ud800", b"\\u202e", b'""', b'"""', b"[" * 40, b'{"a":' * 40, b"/*"),
    *(b"../../etc/passwd", b"%s%n", b"{{7*7}}", b"{name}", b"${x}", b"<img src=file:///etc/passwd>", b"<para>"),
    *(
        word.encode()
        for word in ("\u202e", "\ufeff", "\u2028", "\u0300" * 40, "\U0001f469\u200d", "ﷺ", "日本", "ß", "İ")
    ),
)
ENCODINGS = ("utf-16", "utf-8-sig", "cp1252", "utf-16-be", "utf-32", "latin-1", "cp500")

Words = Sequence[bytes]
Change = Callable[[random.Random, bytes, bytes, Words], bytes]


def mutated(chance: random.Random, content: bytes, other: bytes, words: Words) -> bytes:
    """`content` after a few changes; `other` is a file of its kind, `words` are what its format is made of."""
    for _ in range(1 + min(int(chance.expovariate(0.8)), MOST_CHANGES - 1)):
        content = chance.choice(CHANGES)(chance, content, other, words)[:MOST_BYTES]
    return content


def _flipped(chance: random.Random, content: bytes, _other: bytes, _words: Words) -> bytes:
    changed = bytearray(content or b"\0")
    for _ in range(chance.choice((1, 1, 1, 4, 16))):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _cut_out(chance: random.Random, content: bytes, _other: bytes, _words: Words) -> bytes:
    start, end = _part(chance, content)
    return content[:start] + content[end:]


def _doubled(chance: random.Random, content: bytes, _other: bytes, _words: Words) -> bytes:
    start, end = _part(chance, content)
    at = chance.choice((end, chance.randint(0, len(content))))
    return content[:at] + content[start:end] + content[at:]


def _made_long(chance: random.Random, content: bytes, _other: bytes, _words: Words) -> bytes:
    """A short part, again and again."""
    start, _ = _part(chance, content)
    part = content[start : start + chance.choice((1, 2, 8, 40))] or b"a"
    return content[:start] + part * (chance.choice(LONG) // len(part)) + content[start:]


def _ended_early(chance: random.Random, content: bytes, _other: bytes, _words: Words) -> bytes:
    return content[: chance.randint(0, len(content))]


def _spliced(chance: random.Random, content: bytes, other: bytes, _words: Words) -> bytes:
    """The beginning of one file, the end of another, or a part of it put in."""
    start, end = _part(chance, other)
    at = chance.randint(0, len(content))
    return content[:at] + (other[start:end] + content[at:] if chance.random() < 0.5 else other[start:])


def _with_word(chance: random.Random, content: bytes, _other: bytes, words: Words) -> bytes:
    """Something that means something, put in, or in the place of something."""
    new = chance.choice(chance.choice((words or SPLINTERS, SPLINTERS, NUMBERS)))
    at = chance.randint(0, len(content))
    return content[:at] + new + content[at + chance.choice((0, 0, 1, len(new))) :]


def _with_number(chance: random.Random, content: bytes, _other: bytes, _words: Words) -> bytes:
    """Another number in the place of one."""
    found = list(NUMBER.finditer(content))
    if not found:
        return content
    one = chance.choice(found)
    return content[: one.start()] + chance.choice(NUMBERS) + content[one.end() :]


def _lines_moved(chance: random.Random, content: bytes, other: bytes, _words: Words) -> bytes:
    lines = content.splitlines(keepends=True) or [b""]
    at = chance.randrange(len(lines))
    what = chance.randrange(4)
    if what == 0:
        del lines[at]
    elif what == 1:
        lines.insert(chance.randint(0, len(lines)), lines[at])
    elif what == 2:
        to = chance.randrange(len(lines))
        lines[at], lines[to] = lines[to], lines[at]
    else:
        lines[at] = chance.choice(other.splitlines(keepends=True) or [b""])
    return b"".join(lines)


def _otherwise_encoded(chance: random.Random, content: bytes, _other: bytes, _words: Words) -> bytes:
    return content.decode("utf-8", "replace").encode(chance.choice(ENCODINGS), "replace")


def _with_bytes(chance: random.Random, content: bytes, _other: bytes, _words: Words) -> bytes:
    at = chance.randint(0, len(content))
    return content[:at] + chance.randbytes(chance.randint(1, 12)) + content[at + chance.randint(0, 12) :]


def _part(chance: random.Random, content: bytes) -> tuple[int, int]:
    start = chance.randint(0, len(content))
    length = chance.choice((1, 2, 4, 16, 64, 512, len(content)))
    return start, min(len(content), start + chance.randint(1, max(1, length)))


# Values of JSON ------------------------------------------------------------------------------------------------------


def _other_value(chance: random.Random, content: bytes, other: bytes, words: Words) -> bytes:
    """The same JSON with one value changed, taken out, doubled, or taken from another file."""
    try:
        whole = json.loads(content)
        places = list(_places(whole))
    except (ValueError, RecursionError):
        return _with_word(chance, content, other, words)
    if not places:
        return content
    holder, key = chance.choice(places)
    what = chance.randrange(5)
    if what == 0:
        del holder[key]
    elif what == 1 and isinstance(holder, list):
        holder.extend([holder[key]] * chance.choice((1, 7, 40)))
    elif what == 1:
        holder[_text(chance, words)] = holder[key]
    elif what == 2:
        holder[key] = chance.choice((None, True, False, [], {}, 0, -1, 10**18, 1.5, [[]], "", " ", [holder[key]]))
    else:
        holder[key] = _text(chance, words)
    return json.dumps(whole, ensure_ascii=chance.random() < 0.3).encode("utf-8", "surrogatepass")


def _places(value: Any) -> Any:
    """(holder, key) of every value below this one."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inside:
        yield value, key
        yield from _places(part)


def _text(chance: random.Random, words: Words) -> str:
    pieces = [
        chance.choice(chance.choice((SPLINTERS, NUMBERS, words or NUMBERS))) for _ in range(chance.choice((1, 2)))
    ]
    text = b" ".join(pieces).decode("utf-8", "replace")
    return text * chance.choice((1, 1, 1, 1, 30))


CHANGES: tuple[Change, ...] = (
    *(_flipped, _cut_out, _doubled, _made_long, _ended_early, _spliced, _with_word, _with_word, _with_number),
    *(_lines_moved, _otherwise_encoded, _with_bytes, _other_value, _other_value),
)


# Sums that hide what stands behind them ------------------------------------------------------------------------------


def with_tar_sums(content: bytes) -> bytes:
    """A tar whose headers have the sums that their bytes ask for."""
    mended = bytearray(content)
    for at in range(0, len(mended) - 511, 512):
        header = mended[at : at + 512]
        if header[257:262] == b"ustar":
            header[148:156] = b" " * 8
            mended[at + 148 : at + 156] = b"%06o\0 " % sum(header)
    return bytes(mended)


def with_png_sums(content: bytes) -> bytes:
    """A PNG whose chunks have the sums that their bytes ask for, as far as it can be read."""
    mended, at = bytearray(content), 8
    while at + 12 <= len(mended) and content.startswith(b"\x89PNG"):
        end = at + 8 + int.from_bytes(mended[at : at + 4], "big")
        if end + 4 > len(mended):
            break
        mended[end : end + 4] = struct.pack(">I", zlib.crc32(mended[at + 4 : end]))
        at = end + 4
    return bytes(mended)


def with_model_sum(content: bytes) -> bytes:
    """A file of recommendations whose head has the sum of its body."""
    head, _, body = content.partition(b"\n")
    return re.sub(rb'"crc32": *-?\d+', b'"crc32": %d' % zlib.crc32(body), head) + b"\n" + body
