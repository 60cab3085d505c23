"""What marketing, and the law, ask of the ledger: codes and redemptions, a pause, a customer or old notes erased.

The ledger has one writer. While the service runs, a request is a file in the spool's decisions/, durable before the
command returns; the service carries it out and answers beside it. Where no service runs, the command does the same
itself, holding the spool's lock. Each request may be carried out twice and does its work once, so a crash between work
and answer costs nothing. It has a thread of its own, and many codes are written, and many notes pruned,
in chunks: no order waits for more than one.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from service.clock import Now
from service.config import Retention
from service.erasing import forget, prune
from service.errors import Rejected, SlipwayError
from service.intake.asked import ANSWERED, answer_to, asked_of, put_asked, take_answer
from service.intake.spool import Spool
from service.ledger.campaigns import CampaignDecision, decide_about_campaign
from service.ledger.erasing import Tombstone
from service.ledger.ledger import Ledger
from service.ledger.vouchers import import_codes, redeem_codes
from service.log import log
from service.marketing import CodeLine, Redemption
from service.rounds import Rounds

REQUESTED = ".requested.json"
LOOK_EVERY_S = 0.1
JOIN_S = 30.0


@dataclass(frozen=True, slots=True)
class Import:
    """Put these codes into a pool."""

    pool: str
    lines: tuple[CodeLine, ...]
    kind: Literal["import"] = "import"


@dataclass(frozen=True, slots=True)
class Redeem:
    """These codes paid for orders."""

    redemptions: tuple[Redemption, ...]
    kind: Literal["redeem"] = "redeem"


@dataclass(frozen=True, slots=True)
class Decide:
    """Pause or resume a campaign."""

    decision_id: str
    what: Literal["pause", "resume"]
    campaign: str
    who: str
    reason: str
    kind: Literal["decide"] = "decide"


@dataclass(frozen=True, slots=True)
class Forget:
    """Erase these customers, who are one: a hash for each shop that may know them."""

    customers: tuple[str, ...]
    who: str
    kind: Literal["forget"] = "forget"


@dataclass(frozen=True, slots=True)
class Prune:
    """Erase what is older than this allows."""

    documents_days: int
    orders_days: int
    ledger_days: int
    kind: Literal["prune"] = "prune"


Request = Import | Redeem | Decide | Forget | Prune
_REQUEST: TypeAdapter[Request] = TypeAdapter(Annotated[Request, Field(discriminator="kind")])


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a request, counted; or why it was refused, where, and what to do."""

    counts: Mapping[str, int]
    refused: str = ""
    where: str = ""
    hint: str = ""


def hand_in(spool: Spool, request_id: str, request: Request) -> None:
    """Put a request into the spool, durably."""
    content = _REQUEST.dump_python(request, mode="json")
    put_asked(spool.decisions / f"{request_id}{REQUESTED}", content)


def take_outcome(spool: Spool, request_id: str) -> Answer | None:
    """What came of a request, once it was carried out."""
    answer = take_answer(spool.decisions / f"{request_id}{ANSWERED}")
    return Answer(**answer) if answer else None


def carry_out(request: Request, spool: Spool, ledger: Ledger, at: datetime) -> Answer:
    """Do what is asked; one that is refused has changed nothing in the ledger."""
    try:
        return Answer(_done(request, spool, ledger, at))
    except Rejected as error:
        return Answer({}, error.what, error.where, error.hint)
    except OSError as error:  # of erasing: no reason to stop, and to find the same request at the next start
        hint = "Give it to the service's user, or take it away; then ask again."
        return Answer({}, f"a file can't be erased: {error.strerror}", str(error.filename), hint)  # no name in the log


def _done(request: Request, spool: Spool, ledger: Ledger, at: datetime) -> Mapping[str, int]:
    match request:
        case Import():
            return asdict(import_codes(ledger, request.pool, request.lines))
        case Redeem():
            redeemed = redeem_codes(ledger, request.redemptions, at)
            return {"redeemed": redeemed, "passed_over": len(request.redemptions) - redeemed}
        case Decide():
            facts = (request.decision_id, request.what, request.campaign, request.who, request.reason)
            decide_about_campaign(ledger, CampaignDecision(*facts, at))
            return {}
        case Forget():
            return asdict(forget(spool, ledger, Tombstone(request.customers, request.who, at)))
        case Prune():
            days = Retention(**{name: getattr(request, name) for name in Retention.model_fields})
            return asdict(prune(spool, ledger, days, at))


class Requests:
    """The service's side: carries out what was asked, and answers."""

    def __init__(self, spool: Spool, ledger: Ledger, now: Now) -> None:
        self._spool = spool
        self._ledger = ledger
        self._now = now
        self._rounds = Rounds("requests", LOOK_EVERY_S, JOIN_S)

    def start(self, stop_service: Callable[[SlipwayError], None]) -> None:
        """Carry out what was asked while no service ran, then whatever comes."""
        self._rounds.start(self._carry_out_all, stop_service)

    def stop(self) -> None:
        """Finish the request at hand; what comes later waits in the spool."""
        self._rounds.stop()

    def _carry_out_all(self) -> None:
        """Carry out every request that waits, in order; raises Deferred if the ledger takes none at present."""
        for path, request in asked_of(self._spool.decisions, REQUESTED, _REQUEST.validate_json):
            answer = carry_out(request, self._spool, self._ledger, self._now())
            _say(request, answer)
            answer_to(path, REQUESTED, asdict(answer))


def _say(request: Request, answer: Answer) -> None:
    facts = {"reason": answer.refused} if answer.refused else dict(answer.counts)
    match request:
        case Decide():
            log.info("campaign.decided", campaign=request.campaign, code=f"{request.what}-by-hand")
        case Import():
            log.info("vouchers.imported", pool=request.pool, codes=facts.get("new", 0), reason=answer.refused or None)
        case Redeem():
            log.info("vouchers.redeemed", codes=facts.get("redeemed", 0))
        case Forget():
            log.info("customer.forgotten", **facts)
        case Prune():
            log.info("spool.pruned", **facts)
