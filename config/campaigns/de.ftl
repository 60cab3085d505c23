# Was die Kampagnen sagen, auf Deutsch: NAME ist eine Überschrift, NAME-text gehört dazu, NAME-caption steht am QR-Code.
# Welche Variablen ein Text verwenden darf: docs/campaigns.md. Zahlen kommen zweimal, wie in config/messages.

## Gutscheine

apology = { $percent_text } % und unsere Entschuldigung
apology-text =
    { $days_late ->
        [one] Dieses Paket hat uns einen Tag später verlassen als versprochen. Das ist nicht unsere Art, und es tut uns leid.
       *[other] Dieses Paket hat uns { $days_late_text } Tage später verlassen als versprochen. Das ist nicht unsere Art, und es tut uns leid.
    }
welcome = { $percent_text } % zur Begrüßung
welcome-text = Mit der ersten Bestellung lernt man sich kennen. Dieser Code gehört Ihnen allein, für den Tag, an dem Sie wiederkommen.
birthday = { $percent_text } % zu Ihrem Geburtstag, { $name }
birthday-unnamed = { $percent_text } % zu Ihrem Geburtstag
birthday-text = Ihr Tag rückt näher. Suchen Sie sich etwas Schönes aus.
anniversary =
    { $anniversary ->
        [1] { $percent_text } % zu einem gemeinsamen Jahr
        [2] { $percent_text } % zu zwei gemeinsamen Jahren
        [3] { $percent_text } % zu drei gemeinsamen Jahren
        [4] { $percent_text } % zu vier gemeinsamen Jahren
        [5] { $percent_text } % zu fünf gemeinsamen Jahren
       *[other] { $percent_text } % zu { $anniversary_text } gemeinsamen Jahren
    }
anniversary-text = Schön, dass Sie zum Haus gehören. So begehen wir den Tag mit Ihnen.
reward = { $amount } für Ihre Punkte
reward-text = Aus Ihren { $points_text } Punkten ist dies geworden.
ends-soon = { $amount } Nachlass vor Weihnachten
ends-soon-text = Für alle, die auf Ihrer Liste noch fehlen. Unsere letzten Weihnachtspakete gehen Mitte Dezember auf die Reise.
thanks-percent = { $percent_text } % als Dankeschön
thanks-percent-text = Wieder gewählt zu werden ist das schönste Kompliment.
thanks-delivery = Ihr nächstes Paket schicken wir kostenfrei
thanks-delivery-text = Wieder gewählt zu werden ist das schönste Kompliment.

## Codes

invitation = Eine Einladung, zwei Geschenke
invitation-caption = Der Code öffnet Ihre Einladung: 15 % für Ihren Gast und 15 % für Sie, sobald dessen Paket unterwegs ist.
warranty = Zehn Jahre Garantie
warranty-caption = Registrieren Sie Ihr Stück über diesen Code, und die Garantie gilt zehn statt zwei Jahre.
question = Eine Frage zu Ihrer Bestellung
question-caption = Der Code kennt Ihre Bestellung. Ihre Antwort geht direkt an alle, die sie gepackt haben.

## Punkte

tier-points = Ihre Punkte
tier-points-text =
    { $points ->
        [one] { $tier } · { $points_text } Punkt, noch { $missing_text } bis zu Ihrer nächsten Prämie.
       *[other] { $tier } · { $points_text } Punkte, noch { $missing_text } bis zu Ihrer nächsten Prämie.
    }
    Ihre Punkte aus dem Vorjahr gelten bis zum { $year_end }.
points = Ihre Punkte
points-text =
    { $points ->
        [one] { $points_text } Punkt, noch { $missing_text } bis zu Ihrer nächsten Prämie.
       *[other] { $points_text } Punkte, noch { $missing_text } bis zu Ihrer nächsten Prämie.
    }
    Ihre Punkte aus dem Vorjahr gelten bis zum { $year_end }.

## Das Haus

first-advent = Zum ersten Advent
first-advent-text = Am 29. November brennt die erste von vier Kerzen. Was Sie bis zum 14. Dezember bestellen, liegt rechtzeitig unter dem Baum.
last-posting = Rechtzeitig zu Weihnachten
last-posting-text = Was Sie bis Donnerstag, 17. Dezember, 12 Uhr bestellen, ist im ganzen Vereinigten Königreich vor Heiligabend da.
gift-of-the-month = Unsere Aufmerksamkeit
gift-of-the-month-text = Ihrer nächsten Bestellung in diesem Monat legen wir sechs handgezogene Bienenwachskerzen bei.
goes-with = Passend zu dem, was Sie haben

## Kategorien, wo ein Gutschein nur für einige gilt

category-tableware = Geschirr
category-kitchen = Küche
category-cookware = Kochgeschirr
category-lamps = Leuchten
category-lighting = Licht
category-candles = Kerzen
category-textiles = Heimtextilien
category-garden = Garten
category-storage = Aufbewahrung
category-decoration = Dekoration
category-stationery = Schreibwaren
category-christmas = Weihnachten
category-furniture = Möbel
category-objects = Objekte
