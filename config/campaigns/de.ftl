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
birthday-text = Ihr Tag rückt näher. Suchen Sie sich etwas aus, das auf keinem Wunschzettel stünde.
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
reward-text =
    { $points ->
        [one] Sie haben { $points_text } Punkt gesammelt. Ab hundert wird daraus ein Dank wie dieser.
       *[other] Sie haben { $points_text } Punkte gesammelt. Ab hundert wird daraus ein Dank wie dieser.
    }
ends-soon = { $amount } Nachlass, rechtzeitig vor Weihnachten
ends-soon-text = Für alle, die auf Ihrer Liste noch fehlen. Unsere letzten Weihnachtspakete gehen Mitte Dezember auf die Reise.
thanks-percent = { $percent_text } % als Dankeschön
thanks-percent-text = Wieder gewählt zu werden ist das schönste Kompliment, das wir kennen. Dies ist unsere Antwort darauf.
thanks-delivery = Ihr nächstes Paket schicken wir kostenfrei
thanks-delivery-text = Wieder gewählt zu werden ist das schönste Kompliment, das wir kennen. Den Versand Ihrer nächsten Bestellung übernehmen wir.

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
        [one] { $tier } · { $points_text } Punkt
       *[other] { $tier } · { $points_text } Punkte
    }
    { $missing ->
        [one] Noch { $missing_text } Punkt bis zu Ihrer nächsten Prämie.
       *[other] Noch { $missing_text } Punkte bis zu Ihrer nächsten Prämie.
    }
    Ihre Punkte aus dem Vorjahr gelten bis zum { $year_end }.
points = Ihre Punkte
points-text =
    { $points ->
        [one] { $points_text } Punkt
       *[other] { $points_text } Punkte
    }
    { $missing ->
        [one] Noch { $missing_text } Punkt bis zu Ihrer nächsten Prämie.
       *[other] Noch { $missing_text } Punkte bis zu Ihrer nächsten Prämie.
    }
    Ihre Punkte aus dem Vorjahr gelten bis zum { $year_end }.

## Das Haus

first-advent = Zum ersten Advent
first-advent-text = Am 29. November brennt die erste von vier Kerzen. Was Sie bis zum 14. Dezember bestellen, liegt rechtzeitig unter dem Baum.
last-posting = Rechtzeitig zu Weihnachten
last-posting-text = Was Sie bis Donnerstag, 17. Dezember, 12 Uhr bestellen, ist im ganzen Vereinigten Königreich vor Heiligabend da.
gift-of-the-month = Unsere Aufmerksamkeit des Monats
gift-of-the-month-text = Ihrer nächsten Bestellung in diesem Monat legen wir sechs handgezogene Bienenwachskerzen bei. Sie brauchen nichts einzugeben.
goes-with = Passend zu dem, was Sie haben
