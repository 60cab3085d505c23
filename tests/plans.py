"""Plans for tests of the sheet, written by hand in three languages: whole, so that a test shows only what matters."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from service.model import Block, Code, Facts, Goods, GoodsRow, Hero, Plan, Postal, Tile, Tiles, Totals, Voucher, Words

NBSP, NNBSP = "\u00a0", "\u202f"

GOODS = {
    "en": (
        ("22139", "Retrospot tea set, ceramic, 11 pieces", "4.95"),
        ("84347", "Rotating silver angels tealight holder", "2.55"),
        ("21754", "Hand-thrown stoneware bowl in amber glaze, large", "38.00"),
        ("22423", "Regency cake stand, three tier", "12.75"),
        ("85123A", "White hanging heart tealight holder", "2.95"),
        ("47566", "Party bunting", "4.65"),
        ("20725", "Linen lunch bag, red spotted", "1.65"),
        ("22720", "Set of three cake tins, pantry design", "4.95"),
    ),
    "fr": (
        ("22139", "Service à thé en céramique, 11 pièces", "4.95"),
        ("84347", "Photophore aux anges d’argent tournants", "2.55"),
        ("21754", "Grand bol en grès tourné à la main, émail ambré", "38.00"),
        ("22423", "Présentoir à gâteaux Régence, trois étages", "12.75"),
        ("85123A", "Photophore cœur blanc à suspendre", "2.95"),
        ("47566", "Guirlande de fanions", "4.65"),
        ("20725", "Sac à déjeuner en lin, à pois rouges", "1.65"),
        ("22720", "Trois boîtes à gâteaux, motif garde-manger", "4.95"),
    ),
    "de": (
        ("22139", "Teeservice aus Keramik, 11-teilig", "4.95"),
        ("84347", "Teelichthalter mit kreisenden Silberengeln", "2.55"),
        ("21754", "Große Schale aus handgedrehtem Steinzeug, bernsteinfarben glasiert", "38.00"),
        ("22423", "Dreistöckige Regency-Kuchenetagere", "12.75"),
        ("85123A", "Weißes Herz als Teelichthalter zum Aufhängen", "2.95"),
        ("47566", "Wimpelkette", "4.65"),
        ("20725", "Frühstücksbeutel aus Leinen, rot gepunktet", "1.65"),
        ("22720", "Kuchendosen im Vorratskammermuster, dreiteilig", "4.95"),
    ),
}

WORDS: Mapping[str, Mapping[str, Any]] = {
    "en": {
        "greeting": (
            "Welcome, Silke",
            "Thank you for your first order with us. Everything in this parcel was chosen and wrapped by hand in "
            "Daventry.",
        ),
        "final": ("Your order is complete", "Everything you ordered is in this parcel."),
        "partial": (
            "Part of your order",
            "The rest follows in a second parcel, which leaves us by 24 November 2026. There is nothing you "
            "need to do.",
        ),
        "address": ("Delivered to", ("Silke Whitfield", "Flat 27, Ward Court", "Harbourside", "BRISTOL", "BS1 4DJ")),
        "facts": (
            ("Delivery note", "509217-1-r1"),
            ("Order", "509217"),
            ("Ordered on", "19 November 2026"),
            ("Dispatched on", "21 November 2026"),
            ("Parcel", "1 of 1"),
        ),
        "heads": ("Quantity", "Item", "Unit price", "Amount"),
        "detail": "ordered 6 · 2 to follow",
        "totals": ("Goods", "Delivery", "Total"),
        "gift": (
            "A message from Henrik",
            "For your new kitchen, and for the long breakfasts in it. With love from all of us at the lake.",
        ),
        "feedback": ("How did we do?", "Scan the code and tell us in a minute how your parcel arrived."),
        "returns": (
            "Returns",
            (
                "You may send anything back within 30 days. Announce it at amber-home.example/returns and put "
                "this sheet in the parcel.",
                "Amber Home Returns\n4 Canal Wharf\nDaventry NN11 8QL",
            ),
        ),
        "help": ("We are here for you", ("amber-home.example\ncare@amber-home.example\n+44 20 7946 0123",)),
        "promo": (
            "The table in winter",
            "Amber glaze, heavy linen and the first candles of the year: nine months of work for a service that is at "
            "home at breakfast and at a late supper.",
        ),
        "voucher": ("Ten pounds for you", "From an order of £60.00, on everything but gift cards.", "Your code"),
        "terms": "Valid until 31 January 2027. One voucher for each order.",
        "recommendations": "Chosen for you",
        "loyalty": ("Your points", "You have 1,240 points; this order brings 98 more."),
        "referral": ("Tell a friend", "Scan the code: your friend saves £10.00 and so do you."),
        "registration": ("Ten years of warranty", "Scan the code to register your cake stand."),
        "page": "Page {page} of {pages}",
        "title": "Delivery note 509217-1-r1",
        "reprint": "Reprint 2",
    },
    "fr": {
        "greeting": (
            "Bienvenue, Silke",
            "Merci pour votre première commande chez nous. Chaque pièce de ce colis a été choisie et emballée à "
            "la main à Lille.",
        ),
        "final": ("Votre commande est complète", "Ce colis contient tous les articles que vous avez commandés."),
        "partial": (
            "Première partie de votre commande",
            "Le reste suivra dans un second colis, que nous expédierons au plus tard le 24 novembre 2026. "
            "Vous n’avez rien à faire.",
        ),
        "address": (
            "Adresse de livraison",
            (
                "Silke Desrosiers-Lemaître",
                "14 rue de la Filature",
                "Bâtiment B, 3e étage",
                "59000 LILLE",
            ),
        ),
        "facts": (
            ("Bon de livraison", "509217-1-r1"),
            ("Commande", "509217"),
            ("Commandé le", "19 novembre 2026"),
            ("Expédié le", "21 novembre 2026"),
            ("Colis", "1 sur 1"),
        ),
        "heads": ("Quantité", "Article", "Prix unitaire", "Montant"),
        "detail": "6 commandés · 2 à suivre",
        "totals": ("Articles", "Livraison", "Total"),
        "gift": (
            "Un mot d’Henri",
            "Pour ta nouvelle cuisine et les longs petits-déjeuners qui t’y attendent. Nous t’embrassons tous "
            f"depuis le lac{NNBSP}!",
        ),
        "feedback": (
            "Votre avis nous intéresse",
            f"Scannez le code{NNBSP}: une minute suffit pour nous dire comment votre colis est arrivé.",
        ),
        "returns": (
            "Retours",
            (
                "Vous disposez de 30 jours pour nous renvoyer un article. Annoncez votre retour sur amber-"
                "home.example/retours et joignez cette feuille au colis.",
                "Amber Home Retours\n27 rue de la Filature\n59000 Lille",
            ),
        ),
        "help": ("À votre écoute", ("amber-home.example\ncare@amber-home.example\n+44 20 7946 0123",)),
        "promo": (
            "La table en hiver",
            "L’émail ambré, le lin épais et les premières bougies de l’année : neuf mois de travail pour un service "
            "qui trouve sa place au petit-déjeuner comme au souper.",
        ),
        "voucher": ("Dix euros pour vous", "Dès 60,00 € d’achat, sur tous nos articles.", "Votre code"),
        "terms": "Valable jusqu’au 31 janvier 2027. Un seul bon par commande.",
        "recommendations": "Choisis pour vous",
        "loyalty": ("Vos points", "Vous avez 1 240 points ; cette commande en apporte 98."),
        "referral": ("Parlez-en autour de vous", "Scannez le code : votre ami économise 10,00 € et vous aussi."),
        "registration": ("Dix ans de garantie", "Scannez le code pour enregistrer votre présentoir."),
        "page": "Page {page} sur {pages}",
        "title": "Bon de livraison 509217-1-r1",
        "reprint": "Réimpression 2",
    },
    "de": {
        "greeting": (
            "Schön, dass Sie wieder da sind, Frau Müller-Lüdenscheidt",
            "Vielen Dank für Ihre Bestellung. Alles in diesem Paket haben wir in Lille für Sie ausgesucht und von"
            " Hand verpackt.",
        ),
        "final": ("Ihre Bestellung ist vollständig", "In diesem Paket liegt alles, was Sie bestellt haben."),
        "partial": (
            "Ein Teil Ihrer Bestellung",
            "Der Rest folgt in einem zweiten Paket, das spätestens am 24. November 2026 unser Haus "
            "verlässt. Sie brauchen nichts zu tun.",
        ),
        "address": (
            "Lieferanschrift",
            (
                "Maximiliane Müller-Lüdenscheidt",
                "c/o Donaudampfschifffahrtsgesellschaft",
                "Untere Weidenstraße 127a",
                "81543 München",
            ),
        ),
        "facts": (
            ("Lieferschein", "509217-1-r1"),
            ("Bestellung", "509217"),
            ("Bestellt am", "19. November 2026"),
            ("Versandt am", "21. November 2026"),
            ("Paket", "1 von 1"),
        ),
        "heads": ("Menge", "Artikel", "Einzelpreis", "Betrag"),
        "detail": "6 bestellt · 2 folgen",
        "totals": ("Warenwert", "Versand", "Gesamtbetrag"),
        "gift": (
            "Ein Gruß von Henrik",
            "Für deine neue Küche und die langen Frühstücke darin. Alles Liebe von uns allen am See.",
        ),
        "feedback": (
            "Sind Sie zufrieden?",
            "Scannen Sie den Code und sagen Sie uns in einer Minute, wie Ihr Paket angekommen ist.",
        ),
        "returns": (
            "Rücksendung",
            (
                "30 Tage lang nehmen wir alles zurück. Melden Sie die Rücksendung unter amber-"
                "home.example/retoure an und legen Sie dieses Blatt bei.",
                "Amber Home Retouren\n27 rue de la Filature\n59000 Lille",
            ),
        ),
        "help": ("Wir sind für Sie da", ("amber-home.example\ncare@amber-home.example\n+44 20 7946 0123",)),
        "promo": (
            "Der Tisch im Winter",
            "Bernsteinglasur, schweres Leinen und die ersten Kerzen des Jahres: neun Monate Arbeit an einem Service, "
            "das zum Frühstück so gut passt wie zum späten Abendessen.",
        ),
        "voucher": ("Zehn Euro für Sie", "Ab einem Bestellwert von 60,00 €, auf alle Artikel.", "Ihr Code"),
        "terms": "Gültig bis 31. Januar 2027. Ein Gutschein je Bestellung.",
        "recommendations": "Für Sie ausgesucht",
        "loyalty": ("Ihre Punkte", "Sie haben 1.240 Punkte; mit dieser Bestellung kommen 98 hinzu."),
        "referral": ("Sagen Sie es weiter", "Scannen Sie den Code: Ihre Freunde sparen 10,00 € und Sie auch."),
        "registration": ("Zehn Jahre Garantie", "Scannen Sie den Code und melden Sie Ihre Kuchenetagere an."),
        "page": "Seite {page} von {pages}",
        "title": "Lieferschein 509217-1-r1",
        "reprint": "Nachdruck 2",
    },
}


def a_row(**changes: Any) -> GoodsRow:
    row = GoodsRow(
        quantity="2", name="Retrospot tea set", sku="22139", detail="", unit_price="£4.95", amount="£9.90", pictures=()
    )
    return replace(row, **changes)


def rows(language: str, count: int, *, gift: bool = False) -> tuple[GoodsRow, ...]:
    """`count` rows of goods; of every fifth more follow; each has a picture id."""
    return tuple(_row(language, number, gift=gift) for number in range(count))


def price(language: str, amount: Decimal) -> str:
    """An amount of money as the language writes it."""
    if language == "en":
        return f"£{amount:,.2f}"
    group, point = (NNBSP, ",") if language == "fr" else (".", ",")
    return f"{amount:,.2f}".translate({ord(","): group, ord("."): point}) + f"{NBSP}€"


def _row(language: str, number: int, *, gift: bool) -> GoodsRow:
    sku, name, unit_price = GOODS[language][number % len(GOODS[language])]
    follows = number % 5 == 1
    return GoodsRow(
        quantity=str(_quantity(number)),
        name=name,
        sku=sku,
        detail=WORDS[language]["detail"] if follows else "",
        unit_price="" if gift else price(language, Decimal(unit_price)),
        amount="" if gift else price(language, _amount(language, number)),
        pictures=(f"P{number % 8:06d}",),
    )


def _quantity(number: int) -> int:
    return 4 if number % 5 == 1 else 1 + number * 7 % 12


def _amount(language: str, number: int) -> Decimal:
    return _quantity(number) * Decimal(GOODS[language][number % len(GOODS[language])][2])


def _totals(language: str, lines: int) -> Totals:
    goods, delivery, total = WORDS[language]["totals"]
    worth, post = sum((_amount(language, number) for number in range(lines)), Decimal(0)), Decimal("4.90")
    amounts = ((goods, worth), (delivery, post), (total, worth + post))
    return Totals(tuple((label, price(language, amount)) for label, amount in amounts))


def a_plan(language: str = "en", *, lines: int = 6, kind: str = "final", gift: bool = False, **changes: Any) -> Plan:
    """A whole note. A slot's block may be given by its name (`goods=...`, `note_code=...`); None leaves it out."""
    words = WORDS[language]
    heads = (*words["heads"][:2], "", "") if gift else words["heads"]
    parcel = {"final": ("1", "1"), "partial": ("1", "2")}[kind]
    facts = (*words["facts"][:-1], (words["facts"][-1][0], words["facts"][-1][1].replace("1", "{}").format(*parcel)))
    url = f"https://amber-home.example/f/509217-1-r1?l={language}"
    blocks: dict[str, Block | None] = {
        "brand": Words("Amber Home", ("amber-home.example",)),
        "greeting": Words(words["greeting"][0], (words["greeting"][1],)),
        "address": Postal(*words["address"]),
        "facts": Facts(facts),
        "note-code": Code("code128", data="509217-1-r1", address="509217-1-r1"),
        "parcel": Words(words[kind][0], (words[kind][1],)),
        "goods": Goods(heads, rows(language, lines, gift=gift)),
        "totals": None if gift else _totals(language, lines),
        "gift": Words(words["gift"][0], (words["gift"][1],)) if gift else None,
        **dict.fromkeys(("promo", "voucher", "recommendations", "loyalty", "referral", "registration")),
        "feedback": Code("qr", url, *words["feedback"], address=url.removeprefix("https://")),
        "returns": Words(*words["returns"]),
        "help": Words(*words["help"]),
        "imprint": Words(
            paragraphs=("Amber Home Ltd · 12 Foundry Lane, London N1 7AB · Registered in England 01234567",)
        ),
        "reprint": Words(words["reprint"]) if changes.get("generation", 1) > 1 else None,
    }
    given = {name.replace("_", "-"): changes.pop(name) for name in list(changes) if name.replace("_", "-") in blocks}
    blocks |= given
    plan = Plan(
        note_id="509217-1-r1",
        generation=1,
        language=language,
        shop="amber-home",
        layout="amber-home",
        title=words["title"],
        page_label=words["page"],
        blocks=tuple((slot, block) for slot, block in blocks.items() if block is not None),
    )
    return replace(plan, **changes)


def a_reference_plan(language: str = "en", *, lines: int = 8, layout: str = "two-sided", **changes: Any) -> Plan:
    """The reference note: lines with pictures, a hero, three tiles, voucher and feedback with QR codes, Code128."""
    words = WORDS[language]
    tiles = tuple(
        Tile(pictures=(f"T{number}",), name=name, price=price(language, Decimal(worth)))
        for number, (_, name, worth) in enumerate(GOODS[language][3:6])
    )
    marketing: dict[str, Block] = {
        "promo": Hero(("H0",), words["promo"][0], words["promo"][1:]),
        "voucher": a_voucher(language),
        "recommendations": Tiles(words["recommendations"], tiles),
    }
    return a_plan(language, lines=lines, layout=layout, **(marketing | changes))


def a_voucher(language: str = "en", **changes: Any) -> Voucher:
    heading, text, label = WORDS[language]["voucher"]
    address = "amber-home.example/v/WINTER-7K2M"
    voucher = Voucher(
        heading, (text,), label, "WINTER-7K2M", (WORDS[language]["terms"],), scan=f"https://{address}", address=address
    )
    return replace(voucher, **changes)
