"""QR symbols by superposition: a symbol of a given version, level and mask is an exclusive-or of ready-made ones.

With these three fixed, every module is an affine function over GF(2) of the data bits (Reed-Solomon and interleaving
are linear, the mask is a constant). So one symbol for each data bit, made once by the qrcode library, gives any symbol
in microseconds where the library takes a millisecond or more; the tests hold both to be the same. Level M, a fixed
mask, which every reader reads; symbols too large for a table come from the library itself.
"""

from functools import cache

from qrcode import QRCode
from qrcode.base import RSBlock, rs_blocks
from qrcode.constants import ERROR_CORRECT_M
from qrcode.exceptions import DataOverflowError
from qrcode.util import QRData, create_bytes

from service.errors import DoesNotFit

MASK = 2
_LARGEST_TABLE = 6
_MODE_BYTES = 0b0100
_PADDING = (0xEC, 0x11)


def qr_rows(content: bytes) -> tuple[str, ...]:
    """The symbol of `content`, without quiet zone: rows of "1" for dark and "0" for light modules."""
    for version in range(1, _LARGEST_TABLE + 1):
        if len(content) <= _capacity(version):
            return _table(version).rows(content)
    code = QRCode(error_correction=ERROR_CORRECT_M, border=0, mask_pattern=MASK)
    code.add_data(QRData(content), optimize=0)
    try:
        code.make(fit=True)
    except DataOverflowError as error:
        raise DoesNotFit("no QR code holds as much") from error
    return tuple("".join("1" if dark else "0" for dark in row) for row in code.modules)


def make_usual_tables() -> None:
    """Make the tables of the usual web addresses, 27 to 84 bytes, ahead of the first note that wants them."""
    for version in (3, 4, 5):
        _table(version)


class _Table:
    """The symbols of one version: that of all-zero codewords, and what each data bit changes; each a whole number."""

    def __init__(self, version: int) -> None:
        self._version = version
        self.side = 4 * version + 17
        self._blocks: list[RSBlock] = rs_blocks(version, ERROR_CORRECT_M)
        self._data_size = sum(block.data_count for block in self._blocks)
        self._size = sum(block.total_count for block in self._blocks)
        self._empty = self._symbol([0] * self._size)
        self._bits = self._symbols_of_data_bits()

    def rows(self, content: bytes) -> tuple[str, ...]:
        """The symbol of `content`."""
        header = _MODE_BYTES << 8 | len(content)
        stream = (header << 8 * len(content) | int.from_bytes(content, "big")) << 4  # four zeros end it
        data = stream.to_bytes(len(content) + 2, "big")
        data += bytes(_PADDING * self._data_size)[: self._data_size - len(data)]
        symbol = self._empty
        for one, bit in zip(self._bits, f"{int.from_bytes(data, 'big'):0{8 * self._data_size}b}", strict=True):
            if bit == "1":
                symbol ^= one
        modules, side = f"{symbol:0{self.side**2}b}", self.side
        return tuple(modules[start : start + side] for start in range(0, side**2, side))

    def _symbol(self, codewords: list[int]) -> int:
        """The library's symbol of these codewords, data and error correction in their final order."""
        code = QRCode(version=self._version, error_correction=ERROR_CORRECT_M, border=0, mask_pattern=MASK)
        code.data_cache = codewords
        code.makeImpl(False, MASK)  # noqa: FBT003  # the library's `test`
        return int("".join("1" if dark else "0" for row in code.modules for dark in row), 2)

    def _symbols_of_data_bits(self) -> list[int]:
        modules = self._modules_of_codeword_bits()
        # From differences to a reference: the library fails on a block of nothing but zeros.
        reference = [255] * self._data_size
        base = self._codewords(reference)
        symbols = []
        for place in range(8 * self._data_size):
            data = list(reference)
            data[place // 8] ^= 0x80 >> place % 8
            changed = self._codewords(data) ^ base
            symbols.append(
                sum(module for bit, module in enumerate(modules) if changed >> (8 * self._size - 1 - bit) & 1)
            )
        return symbols

    def _modules_of_codeword_bits(self) -> list[int]:
        """For each bit of the codewords, the one module that it turns: found by numbering the bits in binary."""
        count = 8 * self._size
        numbers = [0] * self.side**2
        for digit in range(count.bit_length()):
            bits = "".join(str(number >> digit & 1) for number in range(1, count + 1))
            turned = self._symbol(list(int(bits, 2).to_bytes(self._size, "big"))) ^ self._empty
            for place in range(self.side**2):
                numbers[place] |= (turned >> place & 1) << digit
        modules = {number: 1 << place for place, number in enumerate(numbers) if number}
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
