"""A claimed drop on its way into the ledger: recorded, then removed from the hot folder; what is to be said of it."""

from service.intake.hot_folder import Claim
from service.intake.reading import Reading
from service.ledger.accounts import Account, Drop, Entry
from service.log import log
from service.rooms import Rooms
from service.standings import Standings


def receive(claim: Claim[Reading], rooms: Rooms) -> tuple[Account, ...]:
    """Record a claimed drop; only then is it removed from the hot folder. The notes that it brings anew are owed."""
    drop = _drop_of(claim)
    accounts = rooms.ledger.record_drop(drop, _entries_of(claim, rooms.standings), rooms.now())
    rooms.hot_folder.remove(claim)
    rooms.drops.take(claim, drop, (account.key for account in accounts))
    _say_received(claim, accounts)
    return tuple(account for account in accounts if account.drop_id == claim.drop_id)


def _say_received(claim: Claim[Reading], accounts: tuple[Account, ...]) -> None:
    new = sum(account.drop_id == claim.drop_id for account in accounts)
    facts = {"drop": claim.drop_id, "size_bytes": claim.size_bytes, "notes": len(accounts)}
    if claim.rejection:
        log.warning("drop.rejected", drop=claim.drop_id, code=claim.rejection.code, where=claim.rejection.where)
    elif accounts and not new:
        log.info("drop.repeated", **facts)
    else:
        log.info("drop.claimed", **facts)
    for refusal in claim.reading.refusals if claim.reading else ():
        log.warning("shipment.rejected", drop=claim.drop_id, code=refusal.code, where=refusal.where)
    for account in accounts:
        if account.state == "held" and account.drop_id == claim.drop_id:
            log.error("note.held", note_id=account.note_id, generation=account.generation, code=account.code)


def _drop_of(claim: Claim[Reading]) -> Drop:
    refused = len(claim.reading.refusals) if claim.reading else 0
    code = claim.rejection.code if claim.rejection else ""
    return Drop(
        claim.drop_id, claim.sha256, claim.size_bytes, claim.arrived_at, claim.claimed_at, refused=refused, code=code
    )


def _entries_of(claim: Claim[Reading], standings: Standings) -> tuple[Entry, ...]:
    shipments = claim.reading.shipments if claim.reading else ()
    return tuple(
        Entry(
            each.position,
            each.shipment,
            each.sha256,
            customer=standings.customer(each.shipment),
            objector=standings.objector(each.shipment),
        )
        for each in shipments
    )
