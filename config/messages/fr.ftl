# Les textes permanents de chaque bon, en français.
# Chaque nombre vient deux fois : $units pour choisir la forme, $units_text tel qu’il s’écrit dans cette langue.
# Espace fine insécable (U+202F) devant ; ! ? et espace insécable (U+00A0) devant : ainsi qu’entre un nombre et son mot.

## La feuille

title = Bon de livraison { $note }
page-label = Page { $page } sur { $pages }
reprint = Réimpression { $generation }

## Le mot d’accueil : selon le statut si la personne accepte d’être sollicitée, neutre sinon

greeting-new = Bienvenue, { $name }
greeting-new-unnamed = Bienvenue
greeting-new-text = Merci d’avoir choisi { $brand }. Que chaque pièce de ce colis trouve sa place chez vous, et pour longtemps.
greeting-returning = Quel plaisir de vous retrouver, { $name }
greeting-returning-unnamed = Quel plaisir de vous retrouver
greeting-returning-text = Merci de votre fidélité. Votre commande a été préparée avec le même soin qu’au premier jour.
greeting-ambassador = C’est toujours un plaisir, { $name }
greeting-ambassador-unnamed = C’est toujours un plaisir
greeting-ambassador-text = Peu de personnes connaissent notre maison aussi bien que vous. Merci de la confiance que vous nous accordez.
greeting-neutral = Merci de votre commande
greeting-neutral-text = Chaque pièce a été préparée avec soin ; nous espérons qu’elle vous accompagnera longtemps.
greeting-gift = Un cadeau pour vous
greeting-gift-text = Quelqu’un l’a choisi en pensant à vous, et nous l’avons préparé avec soin.

## Adresse et repères

address-label = Adresse de livraison
fact-note = Bon de livraison
fact-order = Commande
fact-ordered = Commandé le
fact-dispatched = Expédié le
fact-parcel = Colis
fact-parcel-value = { $number } sur { $of }

## Ce que contient ce colis, et ce qui suit

parcel-single = Votre commande, en un seul colis
parcel-single-gift = Votre cadeau, en un seul colis
parcel-single-text =
    { $units ->
        [one] Une pièce en tout ; aucun autre colis ne suivra.
       *[other] { $units_text } pièces en tout ; aucun autre colis ne suivra.
    }
parcel-partial =
    { $more ->
        [0] Une partie de votre commande : le reste suivra
       *[other] Colis { $number } sur { $of } : le reste suivra
    }
parcel-partial-gift =
    { $more ->
        [0] Une partie de votre cadeau : le reste suivra
       *[other] Colis { $number } sur { $of } : votre cadeau aura une suite
    }
parcel-partial-text =
    { $more ->
        [0] Le reste suivra séparément ; vous n’avez rien à faire.
        [one] Un autre colis suivra ; vous n’avez rien à faire.
       *[other] { $more_text } autres colis suivront ; vous n’avez rien à faire.
    }
parcel-partial-rest =
    { $rest ->
        [one] Parmi les articles de ce bon, une pièce est encore à venir.
       *[other] Parmi les articles de ce bon, { $rest_text } pièces sont encore à venir.
    }
parcel-final = Colis { $number } sur { $of } : votre commande est complète
parcel-final-gift = Colis { $number } sur { $of } : votre cadeau est complet
parcel-final-text =
    { $units ->
        [one] Voici la dernière pièce. Merci de votre patience.
       *[other] Voici les { $units_text } dernières pièces. Merci de votre patience.
    }

## Les articles

goods-quantity = Quantité
goods-item = Article
goods-unit-price = Prix unitaire
goods-amount = Montant
article = Article { $sku }
detail-partial = commandé : { $ordered_text } · dans ce colis : { $here_text } · à suivre : { $rest_text }
detail-middle = commandé : { $ordered_text } · dans ce colis : { $here_text } · dans d’autres colis : { $rest_text }
detail-final = commandé : { $ordered_text } · dans ce colis : { $here_text } · déjà envoyé : { $rest_text }
detail-only = commandé : { $ordered_text } · dans ce colis : { $here_text }
totals-goods = Articles de ce colis
gift-message = Un mot pour vous

## Ce que la boutique ajoute pour cette personne

voucher-percent = { $percent_text } % de remise sur votre prochaine commande
voucher-amount = { $amount } de remise sur votre prochaine commande
voucher-shipping = La livraison de votre prochaine commande vous est offerte
voucher-text = En remerciement de votre confiance. Saisissez votre code lors de votre prochaine commande sur { $website }.
voucher-text-scan = En remerciement de votre confiance. Scannez le QR code, ou saisissez votre code lors de votre prochaine commande sur { $website }.
voucher-use = Saisissez votre code lors de votre prochaine commande sur { $website }.
voucher-use-scan = Scannez le QR code, ou saisissez votre code lors de votre prochaine commande sur { $website }.
voucher-code = Votre code
voucher-minimum = À partir de { $amount } d’achat
voucher-only = Uniquement : { $categories }
voucher-except = Hors : { $categories }
voucher-expires = Valable jusqu’au { $date }
recommendations = En bonne compagnie
loyalty = Votre fidélité
loyalty-points =
    { $points ->
        [one] { $points_text } point
       *[other] { $points_text } points
    }
loyalty-tier-points =
    { $points ->
        [one] { $tier } · { $points_text } point
       *[other] { $tier } · { $points_text } points
    }
loyalty-earned =
    { $earned ->
        [one] Cette commande vous a rapporté { $earned_text } point.
       *[other] Cette commande vous a rapporté { $earned_text } points.
    }
referral = Une invitation à transmettre
referral-caption = Scannez ce code pour ouvrir votre invitation personnelle et l’envoyer à une personne qui se sentira bien chez nous.
registration = Fait pour durer
registration-caption = Scannez ce code pour enregistrer l’article { $sku }. Si un jour vous avez besoin de nous, nous aurons tout sous la main.

## Les petites choses utiles

feedback = Tout vous convient-il ?
feedback-caption = Scannez ce code pour ouvrir une page et nous dire ce que vous pensez de cette livraison.
returns = Retours
returns-text =
    { $days ->
        [one] Si un article ne vous convient pas, vous avez un jour pour nous le renvoyer. Merci d’enregistrer d’abord votre retour :
       *[other] Si un article ne vous convient pas, vous avez { $days_text } jours pour nous le renvoyer. Merci d’enregistrer d’abord votre retour :
    }
help = À votre écoute
