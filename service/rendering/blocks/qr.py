"""QR symbols by superposition: a symbol of a given version, level and mask is an exclusive-or of ready-made ones.

With these three fixed, every module is an affine function over GF(2) of the data bits (Reed-Solomon and interleaving
are linear, the mask is a constant). So one symbol for each value of each half byte, made once by the qrcode library,
gives any symbol in microseconds where the library takes a millisecond or more; the tests hold both to be the same.
Level M, a fixed mask, which every reader reads; symbols too large for a table come from the library itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache, reduce
from operator import getitem, xor

from qrcode import QRCode
from qrcode.base import RSBlock, rs_blocks
from qrcode.constants import ERROR_CORRECT_M
from qrcode.exceptions import DataOverflowError
from qrcode.util import QRData, create_bytes

from service.errors import DoesNotFit

MASK = 2
QUIET_MODULES = 4
_LARGEST_TABLE = 6
_MODE_BYTES = 0b0100
_PADDING = (0xEC, 0x11)
_BEGINNING_BYTES = 24  # which the addresses of a shop have in common
_HALF_BYTES_BEFORE_REST = 3 + 2 * _BEGINNING_BYTES  # after the mode, and the length in two


@dataclass(frozen=True, slots=True)
class QrImage:
    """A symbol of so many modules a side, as an image of one bit each in hexadecimal, 0 for dark.

    The quiet zone is part of the image, and rows end with whole bytes, as PDF wants it.
    """

    modules: int
    pixels: str


def qr_image(content: bytes) -> QrImage:
    """The symbol of `content`."""
    for version in range(1, _LARGEST_TABLE + 1):
        if len(content) <= _capacity(version):
            return _table(version).image(content)
    code = QRCode(error_correction=ERROR_CORRECT_M, border=0, mask_pattern=MASK)
    code.add_data(QRData(content), optimize=0)
    try:
        code.make(fit=True)
    except DataOverflowError as error:
        raise DoesNotFit("no QR code holds as much") from error
    return _Grid(len(code.modules)).image(_Grid(len(code.modules)).dark(code.modules))


def make_usual_table() -> None:
    """Make the table of the usual web addresses, 43 to 62 bytes, ahead of the first note that wants it.

    Those of other lengths come with the first of them, which takes a quarter of a second more.
    """
    _table(4)


class _Grid:
    """How symbols of one size are written as whole numbers: row by row, a bit for each module, those of light ones 0.

    Every row stands between quiet zones and ends with a whole byte.
    """

    def __init__(self, side: int) -> None:
        self.side = side
        self._rows = side + 2 * QUIET_MODULES
        self._width = self._rows + -self._rows % 8
        self._light = (1 << self._rows * self._width) - 1

    def dark(self, modules: Iterable[Sequence[bool | None]]) -> int:
        """The library's symbol."""
        end = "0" * (self._width - self.side)  # of a row, with the quiet zone at the start of the next
        dark = end.join("".join("1" if module else "0" for module in row) for row in modules)
        return int(dark, 2) << QUIET_MODULES * self._width + self._width - self.side - QUIET_MODULES

    def image(self, dark: int) -> QrImage:
        """The symbol, light where it is not dark."""
        return QrImage(self.side, f"{dark ^ self._light:0{self._rows * self._width // 4}X}")


class _Table:
    """The symbols of one version: that of all-zero codewords, and what each half byte of data changes."""

    def __init__(self, version: int) -> None:
        self._version = version
        self._grid = _Grid(4 * version + 17)
        self._blocks: list[RSBlock] = rs_blocks(version, ERROR_CORRECT_M)
        self._data_size = sum(block.data_count for block in self._blocks)
        self._size = sum(block.total_count for block in self._blocks)
        self._empty = self._symbol([0] * self._size)
        self._changes = self._changes_by_half_bytes()
        self._started = lru_cache(maxsize=64)(self._start)

    def image(self, content: bytes) -> QrImage:
        """The symbol of `content`."""
        beginning = self._started(len(content), content[:_BEGINNING_BYTES])
        rest = content[_BEGINNING_BYTES:].hex()
        return self._grid.image(reduce(xor, map(getitem, self._changes[_HALF_BYTES_BEFORE_REST:], rest), beginning))

    def _start(self, length: int, beginning: bytes) -> int:
        """The symbol of a content of so many bytes that begins so and goes on with zeros: that of many addresses."""
        header = f"{_MODE_BYTES:x}{length:02x}"
        data = header + beginning.hex().ljust(2 * length, "0") + "0"  # four zeros end it
        padding = bytes(_PADDING * self._data_size)[: self._data_size - len(data) // 2]
        return reduce(xor, map(getitem, self._changes, data + padding.hex()), self._empty)

    def _symbol(self, codewords: list[int]) -> int:
        """The library's symbol of these codewords, data and error correction in their final order."""
        code = QRCode(version=self._version, error_correction=ERROR_CORRECT_M, border=0, mask_pattern=MASK)
        code.data_cache = codewords
        code.makeImpl(False, MASK)  # noqa: FBT003  # the library's `test`
        return self._grid.dark(code.modules)

    def _changes_by_half_bytes(self) -> list[Mapping[str, int]]:
        """What the values of each half byte, as hexadecimal digits, change."""
        bits = self._changes_by_bits()
        changes: list[Mapping[str, int]] = []
        for place in range(0, len(bits), 4):
            four = list(zip((8, 4, 2, 1), bits[place : place + 4], strict=True))
            changes.append({f"{n:x}": reduce(xor, (change for bit, change in four if n & bit), 0) for n in range(16)})
        return changes

    def _changes_by_bits(self) -> list[int]:
        modules = self._modules_of_codeword_bits()
        # From differences to a reference: the library fails on a block of nothing but zeros.
        reference = [255] * self._data_size
        base = self._codewords(reference)
        changes = []
        for place in range(8 * self._data_size):
            data = list(reference)
            data[place // 8] ^= 0x80 >> place % 8
            changed = self._codewords(data) ^ base
            changes.append(
                sum(module for bit, module in enumerate(modules) if changed >> (8 * self._size - 1 - bit) & 1)
            )
        return changes

    def _modules_of_codeword_bits(self) -> list[int]:
        """For each bit of the codewords, the one module that it turns: found by numbering the bits in binary."""
        count = 8 * self._size
        numbers: dict[int, int] = {}
        for digit in range(count.bit_length()):
            bits = "".join(str(number >> digit & 1) for number in range(1, count + 1))
            turned = self._symbol(list(int(bits, 2).to_bytes(self._size, "big"))) ^ self._empty
            for place, bit in enumerate(reversed(f"{turned:b}")):
                if bit == "1":
                    numbers[place] = numbers.get(place, 0) | 1 << digit
        modules = {number: 1 << place for place, number in numbers.items()}
        return [modules[number] for number in range(1, count + 1)]

    def _codewords(self, data: list[int]) -> int:
        return int.from_bytes(create_bytes(_Bytes(data), self._blocks), "big")


class _Bytes:
    """What the library reads data from."""

    def __init__(self, buffer: list[int]) -> None:
        self.buffer = buffer


@cache
def _table(version: int) -> _Table:
    return _Table(version)


@cache
def _capacity(version: int) -> int:
    """How many bytes a symbol of `version` holds at level M, beside mode, count and end."""
    data_size: int = sum(block.data_count for block in rs_blocks(version, ERROR_CORRECT_M))
    return data_size - 2
