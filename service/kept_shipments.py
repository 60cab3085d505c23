"""The shipments of drops in work, kept as they were read: a note that is printed later need not wait for a reading."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from weakref import WeakValueDictionary

from service.model import Shipment

KEPT_SHIPMENTS = 2000  # those of small drops together; of a drop with more, a batch, one is kept beside them

Shipments = Mapping[int, Shipment]  # by position in the file


class KeptShipments:
    """What is kept, by drop: of the small ones those that were asked for last, and the batch that came last.

    A batch is being worked off for an hour, and small drops come meanwhile: none of them may cost it a reading, as that
    takes seconds. Every method may be called from any thread.
    """

    def __init__(self) -> None:
        self._small: OrderedDict[str, Shipments] = OrderedDict()
        self._small_count = 0
        self._batch: tuple[str, Shipments] = ("", {})
        self._readers: WeakValueDictionary[str, threading.Lock] = WeakValueDictionary()
        self._lock = threading.Lock()

    def of(self, drop_id: str, read: Callable[[], Shipments]) -> Shipments:
        """Those of a drop; read if they are not kept, once however many ask at the same time."""
        return self._found(drop_id) or self._read_once(drop_id, read)

    def keep(self, drop_id: str, shipments: Shipments) -> None:
        """Keep them as long as there is room, and none of the drop that was kept before."""
        self.forget(drop_id)
        with self._lock:
            if len(shipments) > KEPT_SHIPMENTS:
                self._batch = (drop_id, shipments)
                return
            self._small[drop_id] = shipments
            self._small_count += len(shipments)
            while self._small_count > KEPT_SHIPMENTS:
                self._small_count -= len(self._small.popitem(last=False)[1])

    def forget(self, drop_id: str) -> None:
        """The drop is worked off."""
        with self._lock:
            self._small_count -= len(self._small.pop(drop_id, ()))
            if self._batch[0] == drop_id:
                self._batch = ("", {})

    def _found(self, drop_id: str) -> Shipments | None:
        with self._lock:
            if drop_id == self._batch[0]:
                return self._batch[1]
            if drop_id in self._small:
                self._small.move_to_end(drop_id)
            return self._small.get(drop_id)

    def _read_once(self, drop_id: str, read: Callable[[], Shipments]) -> Shipments:
        with self._lock:
            one_reader = self._readers.setdefault(drop_id, threading.Lock())
        with one_reader:
            if found := self._found(drop_id):
                return found
            shipments = read()
            self.keep(drop_id, shipments)
            return shipments
