# Die festen Texte jedes Lieferscheins auf Deutsch.
# Zahlen kommen zweimal: $units wählt die Form, $units_text steht so, wie die Sprache sie schreibt.
# Geschützte Leerzeichen (U+00A0) stehen zwischen einer Zahl und ihrem Wort.

## Das Blatt

title = Lieferschein { $note }
page-label = Seite { $page } von { $pages }
reprint = Nachdruck { $generation }

## Die Zeile an diesen Menschen: nach Status, wo er der Ansprache zugestimmt hat, sonst neutral

greeting-new = Herzlich willkommen, { $name }
greeting-new-unnamed = Herzlich willkommen
greeting-new-text = Danke, dass Sie sich für { $brand } entschieden haben. Möge alles in diesem Paket seinen Platz bei Ihnen finden und lange behalten.
greeting-returning = Schön, dass Sie wieder da sind, { $name }
greeting-returning-unnamed = Schön, dass Sie wieder da sind
greeting-returning-text = Danke für Ihr Vertrauen. Wir haben Ihre Bestellung mit derselben Sorgfalt gepackt wie beim ersten Mal.
greeting-ambassador = Immer wieder eine Freude, { $name }
greeting-ambassador-unnamed = Immer wieder eine Freude
greeting-ambassador-text = Kaum jemand kennt unser Haus so gut wie Sie. Danke, dass Sie uns die Treue halten.
greeting-neutral = Vielen Dank für Ihre Bestellung
greeting-neutral-text = Wir haben sie mit Sorgfalt gepackt und hoffen, dass Sie lange Freude daran haben.
greeting-gift = Ein Geschenk für Sie
greeting-gift-text = Jemand hat es für Sie ausgesucht, und wir haben es mit Sorgfalt gepackt.

## Anschrift und Angaben

address-label = Lieferanschrift
fact-note = Lieferschein
fact-order = Bestellung
fact-ordered = Bestellt am
fact-dispatched = Versandt am
fact-parcel = Paket
fact-parcel-value = { $number } von { $of }

## Was in diesem Paket liegt und was noch folgt

parcel-single = Ihre Bestellung in einem Paket
parcel-single-gift = Ihr Geschenk in einem Paket
parcel-single-text =
    { $units ->
        [one] Insgesamt ein Stück; es folgt kein weiteres Paket.
       *[other] Insgesamt { $units_text } Stück; es folgt kein weiteres Paket.
    }
parcel-partial =
    { $more ->
        [0] Ein Teil Ihrer Bestellung: Der Rest folgt
       *[other] Paket { $number } von { $of }: Der Rest folgt
    }
parcel-partial-gift =
    { $more ->
        [0] Ein Teil Ihres Geschenks: Es folgt noch mehr
       *[other] Paket { $number } von { $of }: Es folgt noch mehr
    }
parcel-partial-text =
    { $more ->
        [0] Der Rest folgt gesondert; Sie brauchen nichts zu tun.
        [one] Ein weiteres Paket folgt; Sie brauchen nichts zu tun.
       *[other] { $more_text } weitere Pakete folgen; Sie brauchen nichts zu tun.
    }
parcel-partial-rest =
    { $rest ->
        [one] Von den hier aufgeführten Artikeln folgt noch ein Stück.
       *[other] Von den hier aufgeführten Artikeln folgen noch { $rest_text } Stück.
    }
parcel-final = Paket { $number } von { $of }: Ihre Bestellung ist vollständig
parcel-final-gift = Paket { $number } von { $of }: Ihr Geschenk ist vollständig
parcel-final-text =
    { $units ->
        [one] Hier ist das letzte Stück. Danke für Ihre Geduld.
       *[other] Hier sind die restlichen { $units_text } Stück. Danke für Ihre Geduld.
    }

## Die Ware

goods-quantity = Menge
goods-item = Artikel
goods-unit-price = Einzelpreis
goods-amount = Betrag
article = Artikel { $sku }
detail-partial =
    { $rest ->
        [one] bestellt { $ordered_text } · in diesem Paket { $here_text } · { $rest_text } folgt
       *[other] bestellt { $ordered_text } · in diesem Paket { $here_text } · { $rest_text } folgen
    }
detail-middle = bestellt { $ordered_text } · in diesem Paket { $here_text } · in anderen Paketen { $rest_text }
detail-final = bestellt { $ordered_text } · in diesem Paket { $here_text } · { $rest_text } bereits verschickt
detail-only = bestellt { $ordered_text } · in diesem Paket { $here_text }
totals-goods = Waren in diesem Paket
gift-message = Ein Gruß für Sie

## Was der Shop für diesen Menschen dazulegt

voucher-percent = { $percent_text } % auf Ihre nächste Bestellung
voucher-amount = { $amount } Nachlass auf Ihre nächste Bestellung
voucher-shipping = Kostenfreier Versand für Ihre nächste Bestellung
voucher-text = Mit herzlichem Dank. Geben Sie Ihren Code bei Ihrer nächsten Bestellung auf { $website } ein.
voucher-text-scan = Mit herzlichem Dank. Scannen Sie den QR-Code oder geben Sie Ihren Code bei Ihrer nächsten Bestellung auf { $website } ein.
voucher-use = Geben Sie Ihren Code bei Ihrer nächsten Bestellung auf { $website } ein.
voucher-use-scan = Scannen Sie den QR-Code oder geben Sie Ihren Code bei Ihrer nächsten Bestellung auf { $website } ein.
voucher-code = Ihr Code
voucher-minimum = Ab einem Bestellwert von { $amount }
voucher-only = Nur für: { $categories }
voucher-except = Ausgenommen: { $categories }
voucher-expires = Gültig bis zum { $date }
recommendations = In guter Gesellschaft
loyalty = Ihre Treue
loyalty-points =
    { $points ->
        [one] { $points_text } Punkt
       *[other] { $points_text } Punkte
    }
loyalty-tier-points =
    { $points ->
        [one] { $tier } · { $points_text } Punkt
       *[other] { $tier } · { $points_text } Punkte
    }
loyalty-earned =
    { $earned ->
        [one] Diese Bestellung hat Ihnen { $earned_text } Punkt eingebracht.
       *[other] Diese Bestellung hat Ihnen { $earned_text } Punkte eingebracht.
    }
referral = Eine Einladung zum Weitergeben
referral-caption = Der Code öffnet Ihre persönliche Einladung. Schicken Sie sie jemandem, der sich bei uns wohlfühlen wird.
registration = Für lange Zeit gemacht
registration-caption = Scannen Sie den Code, um Artikel { $sku } zu registrieren. Sollten Sie uns einmal brauchen, haben wir alles zur Hand.

## Die stillen nützlichen Dinge

feedback = Ist alles, wie es sein soll?
feedback-caption = Der Code öffnet eine Seite, auf der Sie uns von dieser Lieferung erzählen können.
returns = Rückgabe
returns-text =
    { $days ->
        [one] Was Ihnen nicht zusagt, können Sie innerhalb eines Tages zurückschicken. Bitte melden Sie die Rücksendung vorher an:
       *[other] Was Ihnen nicht zusagt, können Sie innerhalb von { $days_text } Tagen zurückschicken. Bitte melden Sie die Rücksendung vorher an:
    }
help = Wir sind für Sie da
