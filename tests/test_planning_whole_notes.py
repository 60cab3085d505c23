"""One note of each language, planned whole: every word of it, as its reader gets it."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from service.config import read_config
from service.model import (
    Code,
    Facts,
    Goods,
    GoodsRow,
    Hero,
    Offer,
    Plan,
    Postal,
    Recommendation,
    Tile,
    Tiles,
    Totals,
    Voucher,
    Words,
)
from service.planning.house import compile_house
from service.planning.note import plan_note
from tests.builders import a_customer, a_line, a_shipment, an_address

SHIPPED = compile_house(read_config(Path(__file__).parent.parent / "config", {}))
STAND_INS = {"category_pictures": {"tableware": "any-cup"}, "neutral_picture": "any-parcel"}
HOUSE = replace(SHIPPED, shops={"amber-home": SHIPPED.shops["amber-home"].model_copy(update=STAND_INS)})
BRAND = Words("Amber Home", ("amber-home.example",))
CONTACT = ("amber-home.example", "care@amber-home.example", "+44 20 7946 0123")
IMPRINT = Words("", ("Amber Home Ltd · 12 Foundry Lane, London N1 7AB · Registered in England 01234567",))
CODE = "WINTER 7K/2M"
EXTRAS = {
    "recommendations": (
        Recommendation("AH-1602", "VASE “GALET”", "decoration", Decimal("1031")),
        Recommendation("22139", "what is in the parcel"),
        Recommendation("AH-1605", " "),
    ),
    "offer": Offer(CODE, percent=15, minimum=Decimal(50), expires=date(2026, 12, 1)),
}
PARTIAL = {"number": 1, "of": 2, "final": False}
COMPLETING = {"number": 2, "of": 2, "final": True}


def leading_to(sku: str, note_id: str) -> tuple[str, str]:
    """The target of a tile's code, and what is printed of it."""
    return f"https://amber-home.example/a/{sku}?n={note_id}", f"amber-home.example/a/{sku}"


def test_an_english_partial_note_is_planned_whole() -> None:
    expected = Plan(
        note_id="509217-1-r1",
        generation=2,
        language="en",
        shop="amber-home",
        layout="amber-home",
        title="Delivery note\u00a0509217-1-r1",
        page_label="Page\u00a0{page} of\u00a0{pages}",
        blocks=(
            ("brand", BRAND),
            (
                "greeting",
                Words(
                    "How good to see you again, Ada",
                    ("Thank you for coming back to us. Your order was packed with the same care as the first.",),
                ),
            ),
            ("address", Postal("Delivery address", ("Ada Whitfield", "Flat 27, Ward Court", "BRISTOL", "BS1 4DJ"))),
            (
                "facts",
                Facts(
                    (
                        ("Delivery note", "509217-1-r1"),
                        ("Order", "509217"),
                        ("Ordered on", "19\u00a0November 2026"),
                        ("Dispatched on", "21\u00a0November 2026"),
                        ("Parcel", "1 of 2"),
                    )
                ),
            ),
            ("note-code", Code("code128", "509217-1-r1.g2", address="509217-1-r1.g2")),
            (
                "parcel",
                Words(
                    "Parcel\u00a01 of\u00a02: the rest will follow",
                    (
                        "One more parcel will follow; there is nothing you need to do.",
                        "Of the items listed here, 2\u00a0pieces are still to follow.",
                    ),
                ),
            ),
            (
                "goods",
                Goods(
                    ("Quantity", "Item", "Unit price", "Amount"),
                    (
                        GoodsRow(
                            *("2", "Retrospot tea set ceramic 11 pc", "22139", "", "£4.95", "£9.90"),
                            ("22139", "any-cup", "any-parcel"),
                        ),
                        GoodsRow(
                            "4",
                            "Rotating silver angels",
                            "84347",
                            "ordered\u00a06 · in this parcel\u00a04 · 2\u00a0to\u00a0follow",
                            "£4.95",
                            "£19.80",
                            ("84347", "any-parcel"),
                        ),
                    ),
                ),
            ),
            ("totals", Totals((("Goods in this parcel", "£29.70"),))),
            (
                "promo",
                Hero(
                    ("story-amber-home",),
                    "Made slowly, by people we know",
                    (
                        "Every piece comes from a workshop that we visit. The clay is dug near Stoke, the linen "
                        "is woven in Flanders, and each lamp is signed underneath by the person who wired it.",
                    ),
                ),
            ),
            (
                "recommendations",
                Tiles(
                    "In good company",
                    (
                        Tile(
                            ("AH-1602", "any-parcel"),
                            "Vase “galet”",
                            "",
                            "£1,031.00",
                            *leading_to("AH-1602", "509217-1-r1"),
                        ),
                    ),
                ),
            ),
            ("loyalty", Words("Your loyalty", ("silver · 120\u00a0points", "This order earned you 42\u00a0points."))),
            (
                "registration",
                Code(
                    "qr",
                    "https://amber-home.example/r/84347?n=509217-1-r1",
                    "Made to last",
                    "Scan the code to register item\u00a084347. "
                    "Should you ever need us, we will have everything to hand.",
                    "amber-home.example/r/84347?n=509217-1-r1",
                ),
            ),
            (
                "feedback",
                Code(
                    "qr",
                    "https://amber-home.example/f/509217-1-r1?l=en",
                    "Is everything as it should be?",
                    "Scan the code to open a page where you can tell us about this delivery.",
                    "amber-home.example/f/509217-1-r1?l=en",
                ),
            ),
            (
                "returns",
                Words(
                    "Returns",
                    (
                        "If something is not quite right, you may send it back within 30\u00a0days. "
                        "Please register your return first:\namber-home.example/returns",
                        "Amber Home\nReturns\n4 Canal Wharf\nDaventry NN11 8QL",
                    ),
                ),
            ),
            ("help", Words("Here for you", CONTACT)),
            ("imprint", IMPRINT),
            ("reprint", Words("Reprint\u00a02")),
        ),
    )
    lamp = a_line(sku="84347", description="Rotating silver angels", quantity=4, quantity_ordered=6, category="lamps")
    extras = {**EXTRAS, "recommendations": EXTRAS["recommendations"][:2]}
    assert expected == plan_note(a_shipment(**PARTIAL, **extras, lines=(a_line(), lamp)), HOUSE, generation=2)


def test_a_french_note_that_completes_its_order_is_planned_whole() -> None:
    shipment = a_shipment(
        language="fr-BE",
        site="eu",
        currency="EUR",
        ordered_at=datetime(2026, 10, 31, 23, 30, tzinfo=UTC),
        customer=a_customer(name="ANNE-GAËLLE LŒUILLET", status="ambassador"),
        delivery_address=an_address(
            name="Anne-Gaëlle Lœuillet",
            lines=("14 bis, rue de l’Abbé-Grégoire",),
            postcode="1000",
            city="Bruxelles",
            country="BE",
        ),
        lines=(
            a_line(
                description="  SET OF 6 T-LIGHTS  LED ",
                quantity=4320,
                quantity_ordered=4320,
                unit_price=Decimal("1.7"),
            ),
            a_line(sku="84347", description=" ", quantity=4, quantity_ordered=6),
        ),
        **COMPLETING,
        **EXTRAS,
    )
    expected = Plan(
        note_id="509217-2-r1",
        generation=1,
        language="fr",
        shop="amber-home",
        layout="amber-home",
        title="Bon de livraison\u00a0509217-2-r1",
        page_label="Page\u00a0{page} sur\u00a0{pages}",
        blocks=(
            ("brand", BRAND),
            (
                "greeting",
                Words(
                    "C’est toujours un plaisir, Anne-Gaëlle",
                    (
                        "Peu de personnes connaissent notre maison aussi bien que vous. "
                        "Merci de la confiance que vous nous accordez.",
                    ),
                ),
            ),
            (
                "address",
                Postal(
                    "Adresse de livraison",
                    ("Anne-Gaëlle Lœuillet", "14 bis, rue de l’Abbé-Grégoire", "1000 Bruxelles", "BELGIQUE"),
                ),
            ),
            (
                "facts",
                Facts(
                    (
                        ("Bon de livraison", "509217-2-r1"),
                        ("Commande", "509217"),
                        ("Commandé le", "1er\u00a0novembre 2026"),
                        ("Expédié le", "21\u00a0novembre 2026"),
                        ("Colis", "2 sur 2"),
                    )
                ),
            ),
            ("note-code", Code("code128", "509217-2-r1", address="509217-2-r1")),
            (
                "parcel",
                Words(
                    "Colis\u00a02 sur\u00a02\u00a0: votre commande est complète",
                    ("Voici les 4\u202f324\u00a0dernières pièces. Merci de votre patience.",),
                ),
            ),
            (
                "goods",
                Goods(
                    ("Quantité", "Article", "Prix unitaire", "Montant"),
                    (
                        GoodsRow(
                            *("4\u202f320", "Set of 6 T-lights LED", "22139", ""),
                            *("1,70\u00a0€", "7\u202f344,00\u00a0€", ("22139", "any-cup", "any-parcel")),
                        ),
                        GoodsRow(
                            "4",
                            "Article\u00a084347",
                            "84347",
                            "commandé\u00a0:\u00a06 · dans ce colis\u00a0:\u00a04 · déjà envoyé\u00a0:\u00a02",
                            "4,95\u00a0€",
                            "19,80\u00a0€",
                            ("84347", "any-cup", "any-parcel"),
                        ),
                    ),
                ),
            ),
            ("totals", Totals((("Articles de ce colis", "7\u202f363,80\u00a0€"),))),
            (
                "promo",
                Hero(
                    ("story-amber-home",),
                    "Le temps de bien faire",
                    (
                        "Chaque pièce vient d’un atelier que nous connaissons. L’argile est extraite près de Stoke, "
                        "le lin tissé en Flandre, et chaque lampe porte au revers la signature "
                        "de la personne qui l’a montée.",
                    ),
                ),
            ),
            (
                "voucher",
                Voucher(
                    "15\u202f% de remise sur votre prochaine commande",
                    (
                        "En remerciement de votre confiance. Scannez le QR code, ou saisissez votre code "
                        "lors de votre prochaine commande sur amber-home.example.",
                    ),
                    "Votre code",
                    CODE,
                    ("À partir de\u00a050\u00a0€ d’achat", "Valable jusqu’au 1er\u00a0décembre 2026"),
                    "https://amber-home.example/v/WINTER%207K%2F2M?n=509217-2-r1&l=fr",
                    "amber-home.example/v/WINTER%207K%2F2M",
                ),
            ),
            (
                "recommendations",
                Tiles(
                    "En bonne compagnie",
                    (
                        Tile(
                            ("AH-1602", "any-parcel"),
                            "Vase “galet”",
                            "",
                            "1\u202f031,00\u00a0€",
                            *leading_to("AH-1602", "509217-2-r1"),
                        ),
                        Tile(
                            ("AH-1605", "any-parcel"),
                            "Article\u00a0AH-1605",
                            "",
                            "",
                            *leading_to("AH-1605", "509217-2-r1"),
                        ),
                    ),
                ),
            ),
            (
                "loyalty",
                Words("Votre fidélité", ("silver · 120\u00a0points", "Cette commande vous a rapporté 42\u00a0points.")),
            ),
            (
                "referral",
                Code(
                    "qr",
                    "https://amber-home.example/i/FRIEND-317938?l=fr",
                    "Une invitation à transmettre",
                    "Scannez ce code pour ouvrir votre invitation personnelle "
                    "et l’envoyer à une personne qui se sentira bien chez nous.",
                    "amber-home.example/i/FRIEND-317938?l=fr",
                ),
            ),
            (
                "feedback",
                Code(
                    "qr",
                    "https://amber-home.example/f/509217-2-r1?l=fr",
                    "Tout vous convient-il\u202f?",
                    "Scannez ce code pour ouvrir une page et nous dire ce que vous pensez de cette livraison.",
                    "amber-home.example/f/509217-2-r1?l=fr",
                ),
            ),
            (
                "returns",
                Words(
                    "Retours",
                    (
                        "Si un article ne vous convient pas, vous avez 30\u00a0jours pour nous le renvoyer. "
                        "Merci d’enregistrer d’abord votre retour\u00a0:\namber-home.example/retours",
                        "Amber Home\nService retours\n27 rue de la Filature\n59000 Lille\nFRANCE",
                    ),
                ),
            ),
            ("help", Words("À votre écoute", CONTACT)),
            ("imprint", IMPRINT),
        ),
    )
    assert expected == plan_note(shipment, HOUSE)


def test_a_german_gift_is_planned_whole_without_a_price() -> None:
    shipment = a_shipment(
        language="de",
        site="eu",
        currency="EUR",
        gift=True,
        gift_message="Alles Liebe!\n{note_id} <b>",
        delivery_address=an_address(
            name="Käthe Müller-Lüdenscheidt",
            lines=("Größenwahnstraße 12",),
            postcode="80331",
            city="München",
            country="DE",
        ),
        lines=(a_line(category="lamps"),),
        **EXTRAS,
    )
    expected = Plan(
        note_id="509217-1-r1",
        generation=1,
        language="de",
        shop="amber-home",
        layout="amber-home",
        title="Lieferschein\u00a0509217-1-r1",
        page_label="Seite\u00a0{page} von\u00a0{pages}",
        blocks=(
            ("brand", BRAND),
            (
                "greeting",
                Words(
                    "Ein Geschenk für Sie",
                    ("Jemand hat es für Sie ausgesucht, und wir haben es mit Sorgfalt gepackt.",),
                ),
            ),
            (
                "address",
                Postal(
                    "Lieferanschrift",
                    ("Käthe Müller-Lüdenscheidt", "Größenwahnstraße 12", "80331 München", "ALLEMAGNE"),
                ),
            ),
            (
                "facts",
                Facts(
                    (
                        ("Lieferschein", "509217-1-r1"),
                        ("Bestellung", "509217"),
                        ("Bestellt am", "19.\u00a0November 2026"),
                        ("Versandt am", "21.\u00a0November 2026"),
                        ("Paket", "1 von 1"),
                    )
                ),
            ),
            ("note-code", Code("code128", "509217-1-r1", address="509217-1-r1")),
            (
                "parcel",
                Words("Ihr Geschenk in einem Paket", ("Insgesamt 2\u00a0Stück; es folgt kein weiteres Paket.",)),
            ),
            (
                "goods",
                Goods(
                    ("Menge", "Artikel", "", ""),
                    (
                        GoodsRow(
                            *("2", "Retrospot tea set ceramic 11 pc", "22139", "", "", ""), ("22139", "any-parcel")
                        ),
                    ),
                ),
            ),
            ("gift", Words("Ein Gruß für Sie", ("Alles Liebe!\n{note_id} <b>",))),
            (
                "promo",
                Hero(
                    ("story-amber-home",),
                    "Mit der Zeit, die es braucht",
                    (
                        "Jedes Stück kommt aus einer Werkstatt, die wir besuchen. Der Ton wird bei Stoke gestochen, "
                        "das Leinen in Flandern gewebt, und jede Leuchte trägt unten das Zeichen der Hand, "
                        "die sie verdrahtet hat.",
                    ),
                ),
            ),
            (
                "feedback",
                Code(
                    "qr",
                    "https://amber-home.example/f/509217-1-r1?l=de",
                    "Ist alles, wie es sein soll?",
                    "Der Code öffnet eine Seite, auf der Sie uns von dieser Lieferung erzählen können.",
                    "amber-home.example/f/509217-1-r1?l=de",
                ),
            ),
            (
                "returns",
                Words(
                    "Rückgabe",
                    (
                        "Was Ihnen nicht zusagt, können Sie innerhalb von 30\u00a0Tagen zurückschicken. "
                        "Bitte melden Sie die Rücksendung vorher an:\namber-home.example/retoure",
                        "Amber Home\nService retours\n27 rue de la Filature\n59000 Lille\nFRANKREICH",
                    ),
                ),
            ),
            ("help", Words("Wir sind für Sie da", CONTACT)),
            ("imprint", IMPRINT),
        ),
    )
    assert expected == plan_note(shipment, HOUSE)
