"""The made-up orders that specimens are made of: a plain one in each language, and texts as long as a file may say."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from service.model import Address, Customer, Line, Loyalty, Offer, Order, Recommendation, Shipment
from service.planning.house import House

_ORDERED = datetime(2026, 11, 19, 9, 30, tzinfo=UTC)
_DISPATCHED = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)
_PEOPLE = {
    "en": Address("Philippa Hartwell", ("Flat 27, Ward Court", "8 Quay Street"), "BS1 4DJ", "Bristol", "GB"),
    "fr": Address("Anne-Gaëlle Lœuillet", ("14 bis, rue de l’Abbé-Grégoire",), "35000", "Rennes", "FR"),
    "de": Address("Käthe Größling", ("Lindenstraße 12", "Gartenhaus, 2. Stock"), "80331", "München", "DE"),
}
# SKU, category, price, and the name in English, French and German; their pictures come with the service
_ARTICLES = (
    (
        "AH-1001",
        "tableware",
        "12.50",
        "Stoneware mug, sea green",
        "Mug en grès, vert de mer",
        "Steinzeugbecher, meergrün",
    ),
    ("AH-1201", "lighting", "79.00", "Table lamp, brushed brass", "Lampe, laiton brossé", "Tischleuchte, Messing"),
    ("AH-1302", "textiles", "96.00", "Lambswool blanket", "Plaid en laine d’agneau", "Decke aus Lammwolle"),
    ("AH-1203", "candles", "13.90", "Beeswax candles, six", "Six bougies en cire d’abeille", "Sechs Bienenwachskerzen"),
    ("AH-1602", "decoration", "31.00", "Vase, matt chalk", "Vase, craie mate", "Vase, kreideweiß matt"),
    ("AH-1006", "tableware", "42.00", "Carafe, mouth-blown", "Carafe en verre soufflé", "Karaffe, mundgeblasen"),
    ("AH-1501", "storage", "33.00", "Seagrass basket", "Panier en jonc de mer", "Seegraskorb"),
    ("AH-1605", "decoration", "128.00", "Mantel clock, cherry", "Pendule en merisier", "Kaminuhr, Kirschholz"),
    ("AH-1402", "garden", "24.00", "Three herb pots", "Trois pots à herbes", "Drei Kräutertöpfe"),
    ("AH-1702", "stationery", "14.00", "Recipe book, linen", "Carnet de recettes en lin", "Rezeptbuch in Leinen"),
)
_ARTICLES_OF_HALM = (
    ("HA-203", "objects", "58.00", "Vase “Dal”, tall", "Vase « Dal », haut", "Vase „Dal“, hoch"),
    ("HA-202", "lighting", "145.00", "Table lamp “Måne”", "Lampe de table « Måne »", "Tischleuchte „Måne“"),
    (
        "HA-201",
        "furniture",
        "240.00",
        "Chair “Strå”, ash, cobalt",
        "Chaise « Strå », frêne, cobalt",
        "Stuhl „Strå“, Esche, Kobalt",
    ),
    ("HA-206", "objects", "75.00", "Wall clock “Time”", "Horloge murale « Time »", "Wanduhr „Time“"),
    (
        "HA-207",
        "lighting",
        "185.00",
        "Pendant lamp “Klokke”, 32 cm",
        "Suspension « Klokke », 32 cm",
        "Pendelleuchte „Klokke“, 32 cm",
    ),
    ("HA-205", "objects", "120.00", "Wall mirror “Sø”", "Miroir mural « Sø »", "Wandspiegel „Sø“"),
    (
        "HA-208",
        "furniture",
        "130.00",
        "Stool “Bro”, solid ash",
        "Tabouret « Bro », frêne massif",
        "Hocker „Bro“, Esche massiv",
    ),
    (
        "HA-204",
        "objects",
        "49.00",
        "Tray “Flade”, round, 38 cm",
        "Plateau « Flade », rond, 38 cm",
        "Tablett „Flade“, rund, 38 cm",
    ),
)
_BOUGHT = 4  # articles of a plain order, of which the second is durable; the others are recommended
_LANGUAGES = ("en", "fr", "de")
_VOUCHER = Offer("WINTER-7K2M", percent=15, minimum=Decimal(50), expires=date(2026, 12, 31))
_WORDS = {
    "en": "hand-thrown stoneware with a reactive glaze, safe in oven and dishwasher, ",
    "fr": "grès tourné à la main, émail réactif, convient au four et au lave-vaisselle, ",
    "de": "handgedrehtes Steinzeug mit Effektglasur, backofenfest und spülmaschinengeeignet, ",
}
_LONG_WORDS = {
    "en": "Featherstonehaughcholmondeley",
    "fr": "Anticonstitutionnellement",
    "de": "Servierschüsseluntersetzeraufbewahrungsbehältnis",
}

WORST_NAMES = (
    ("German", "Käthe Müller-Lüdenscheidt"),
    ("Nordic", "Øyvind Ångström-Þórðarson"),
    ("Greek", "Νικόλαος Παπαδόπουλος"),
    ("Japanese", "山田太郎"),
    ("Arabic", "محمد الفارسي"),
    ("Hebrew", "שרה לוי"),
    ("Thai", "สมชาย ใจดี"),
    ("Hindi", "अनुराधा शर्मा"),
)
LONG_PRODUCT_NAME = "Aufbewahrungsbehältnis „Zwölfuhrglockenturmspielwerk“ mittel"


def plain_shipment(shop: str, language: str, house: House) -> Shipment:
    """A whole order in one parcel, of a returning customer with everything that a customer may have."""
    goal = _PEOPLE[language]
    order = Order(
        order_id="SPECIMEN",
        revision=1,
        shop=shop,
        site=_site_near(goal.country, house),
        language=language,
        currency="GBP" if language == "en" else "EUR",
        priority="standard",
        gift=False,
        gift_message="",
        ordered_at=_ORDERED,
        customer=_customer(goal.name),
        delivery_address=goal,
        recommendations=_recommendations(shop, language),
        offer=_VOUCHER,
    )
    lines = specimen_lines(shop, language, house.shops[shop].registration_categories)
    return Shipment(order, 1, 1, final=True, promised_at=_DISPATCHED, dispatched_at=_DISPATCHED, lines=lines)


def _site_near(country: str, house: House) -> str:
    """A site in that country, or just one."""
    return next((name for name, site in house.sites.items() if site.country == country), next(iter(house.sites)))


def _customer(name: str) -> Customer:
    return Customer(
        id="specimen",
        name=name,
        status="returning",
        previous_orders=3,
        marketing="allowed",
        member_since=date(2024, 5, 2),
        birthday="06-17",
        loyalty=Loyalty("Silver", 1310, 148),
        referral_code="FRIEND-000000",
    )


def _recommendations(shop: str, language: str) -> tuple[Recommendation, ...]:
    column = _LANGUAGES.index(language)
    return tuple(
        Recommendation(sku, names[column], category, Decimal(price))
        for sku, category, price, *names in _articles(shop)[_BOUGHT:]
    )


def specimen_lines(shop: str, language: str, durable: tuple[str, ...], count: int = _BOUGHT) -> tuple[Line, ...]:
    """Lines of goods, again from the first where there are not as many; the lamp is of a durable category."""
    column, articles = _LANGUAGES.index(language), _articles(shop)
    lines = []
    for number in range(count):
        place = number % len(articles)
        sku, category, price, *names = articles[place]
        quantity = 6 if number == 0 else 1 + number % 3
        category = durable[0] if durable and place == 1 else category
        lines.append(Line(sku, names[column], category, quantity, quantity, Decimal(price)))
    return tuple(lines)


def _articles(shop: str) -> tuple[tuple[str, ...], ...]:
    return _ARTICLES_OF_HALM if shop == "halm" else _ARTICLES


# As long as an order file may say ------------------------------------------------------------------------------------


def longest_shipment(plain: Shipment) -> Shipment:
    """An ambassador's shipment with every text at its limit, some of them without a space, and forty lines."""
    language, spaced, unbroken = plain.order.language, _spaced(plain, 100), _unbroken(plain, 100)
    customer = replace(
        plain.order.customer,
        status="ambassador",
        name=f"{_unbroken(plain, 30)} {_unbroken(plain, 69)}",
        loyalty=Loyalty(_spaced(plain, 40), 1_000_000_000, 1_000_000_000),
        referral_code="F" * 40,
    )
    goal = replace(
        plain.order.delivery_address,
        name=unbroken,
        lines=(spaced, unbroken, spaced, unbroken, spaced),
        postcode="8" * 20,
        city=spaced,
        region=unbroken,
    )
    order = replace(
        plain.order,
        order_id="SPECIMEN-WITH-AN-ORDER-ID-OF-32-",
        customer=customer,
        delivery_address=goal,
        recommendations=tuple(
            replace(each, description=_spaced(plain, 300), price=Decimal("1249.5"))
            for each in _recommendations(plain.order.shop, language)
        ),
        offer=replace(_VOUCHER, code="W" * 40, minimum=Decimal("1249.5")),
    )
    return replace(plain, order=order, number=999, of=999, lines=_longest_lines(plain))


def _longest_lines(plain: Shipment) -> tuple[Line, ...]:
    spaced, unbroken = _spaced(plain, 300), _unbroken(plain, 300)
    long = Line("L" * 64, unbroken, _spaced(plain, 64), 1250, 4320, Decimal("1249.4999"))
    return (long, *(replace(line, description=spaced) for line in plain.lines)) * 8


def long_gift_message(plain: Shipment) -> str:
    """A giver's message of 500 characters."""
    return _spaced(plain, 500)


def _spaced(plain: Shipment, length: int) -> str:
    """So many characters of real words."""
    words = _WORDS[plain.order.language]
    text = (words[0].title() + words[1:] + words * (length // len(words)))[:length].rstrip(" ,-")
    return text.ljust(length, "e")


def _unbroken(plain: Shipment, length: int) -> str:
    """So many letters without a space."""
    word = _LONG_WORDS[plain.order.language]
    return (word + word.lower() * (length // len(word)))[:length]
