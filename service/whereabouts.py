"""At which queue notes stand that are not at their end, for whoever counts them: `slipway printers`, the metrics.

at a printer, or with a job there    the queue of the job
waiting                              where their lane is (service/lanes.py), by the routes that are in force
held                                 the queue of the last try, else that of their route
"""

from service.ledger.accounts import AHEAD_OF_PAPER, Unfinished
from service.ledger.queues import QueueStates
from service.planning.house import House
from service.planning.routing import route_ahead


def queue_of(notes: Unfinished, house: House, states: QueueStates) -> str:
    """The queue at which these notes stand; empty if they will be held, for want of a route."""
    waits = notes.state in AHEAD_OF_PAPER
    if notes.has_job or (notes.queue and not waits):
        return notes.queue
    route = route_ahead(notes.site, notes.language, notes.kind, house)
    if route is None or not waits:
        return route.queue if route else ""
    return states.place(route.queue, route.backup, states.moves[max(0, len(states.moves) - notes.moves) :])
