"""The campaigns that conditions ask of a customer's earlier notes, and that this house does not have.

One of last year may be gone from the configuration and still be meant, so this is a warning.
"""

import difflib
from collections.abc import Iterator

from service.planning.campaigns.compiling import Campaigns
from service.planning.campaigns.expressions import facts_read, leaves_of, texts_of

EARLIER = "history.campaigns"
OF_PARTS = (".startsWith(", ".endsWith(", ".contains(")  # of a name


def unknown_campaigns(campaigns: Campaigns) -> Iterator[str]:
    """What is asked for by a name that no campaign has, rule by rule, with what may be meant."""
    known = [campaign.id for campaign in campaigns.campaigns]
    for campaign in campaigns.campaigns:
        for rule in campaign.rules:
            for name in _names_asked_for(rule.rule.when):
                if name not in known:
                    near = difflib.get_close_matches(name, known, n=1)
                    meant = f"; did you mean {near[0]}?" if near else ""
                    yield f"rule {rule.number} of {campaign.id}: there is no campaign {name}{meant}"


def _names_asked_for(condition: str) -> Iterator[str]:
    for leaf in leaves_of(condition):
        if EARLIER in facts_read(leaf) and not any(method in leaf for method in OF_PARTS):
            yield from texts_of(leaf)
