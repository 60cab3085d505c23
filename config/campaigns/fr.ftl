# Ce que disent les campagnes, en français : NAME est un titre, NAME-text l’accompagne, NAME-caption va avec un QR code.
# Les variables permises : docs/campaigns.md. Chaque nombre vient deux fois, comme dans config/messages.

## Bons

apology = { $percent_text } % de remise, avec nos excuses
apology-text =
    { $days_late ->
        [one] Ce colis est parti un jour plus tard que promis. Ce n’est pas dans nos habitudes, et nous vous prions de nous en excuser.
       *[other] Ce colis est parti { $days_late_text } jours plus tard que promis. Ce n’est pas dans nos habitudes, et nous vous prions de nous en excuser.
    }
welcome = { $percent_text } % de remise pour vous souhaiter la bienvenue
welcome-text = Une première commande, c’est une rencontre. Ce code n’appartient qu’à vous, pour le jour où l’envie vous reprendra.
birthday = { $percent_text } % de remise pour votre anniversaire, { $name }
birthday-unnamed = { $percent_text } % de remise pour votre anniversaire
birthday-text = Le jour approche. Laissez-vous tenter.
anniversary =
    { $anniversary ->
        [1] { $percent_text } % de remise pour notre première année
        [2] { $percent_text } % de remise pour nos deux ans
        [3] { $percent_text } % de remise pour nos trois ans
        [4] { $percent_text } % de remise pour nos quatre ans
        [5] { $percent_text } % de remise pour nos cinq ans
       *[other] { $percent_text } % de remise pour nos { $anniversary_text } ans
    }
anniversary-text = Merci de faire partie de la maison. C’est notre façon de fêter ce jour avec vous.
reward = { $amount } de remise grâce à vos points
reward-text = Vos { $points_text } points ont pris cette forme.
ends-soon = { $amount } de remise, à temps pour Noël
ends-soon-text = Pour celles et ceux qui manquent encore à votre liste. Nos derniers colis de Noël partent à la mi-décembre.
thanks-percent = { $percent_text } % de remise, avec tous nos remerciements
thanks-percent-text = Nous choisir à nouveau : il n’est pas de plus beau compliment.
thanks-delivery = Votre prochaine livraison vous est offerte
thanks-delivery-text = Nous choisir à nouveau : il n’est pas de plus beau compliment.

## Codes

invitation = Une invitation, deux attentions
invitation-caption = Scannez ce code pour ouvrir votre invitation : 15 % de remise pour la personne conviée et, dès son colis parti, 15 % pour vous.
warranty = Une garantie de dix ans
warranty-caption = Scannez ce code pour enregistrer votre article : sa garantie passe alors de deux à dix ans.
question = Une question sur votre commande
question-caption = Scannez ce code, il connaît votre commande. Votre réponse parvient directement à l’équipe qui l’a préparée.

## Points

tier-points = Vos points
tier-points-text =
    { $points ->
        [one] { $tier } · { $points_text } point, encore { $missing_text } avant votre prochaine récompense.
       *[other] { $tier } · { $points_text } points, encore { $missing_text } avant votre prochaine récompense.
    }
    Vos points de l’an dernier restent à vous jusqu’au { $year_end }.
points = Vos points
points-text =
    { $points ->
        [one] { $points_text } point, encore { $missing_text } avant votre prochaine récompense.
       *[other] { $points_text } points, encore { $missing_text } avant votre prochaine récompense.
    }
    Vos points de l’an dernier restent à vous jusqu’au { $year_end }.

## La maison

first-advent = Pour le premier dimanche de l’Avent
first-advent-text = Le 29 novembre, on allume la première des quatre bougies. Ce que vous commandez d’ici au 14 décembre sera à temps au pied du sapin.
last-posting = À temps pour Noël
last-posting-text = Ce que vous commandez avant midi, le jeudi 17 décembre, arrive avant le réveillon partout au Royaume-Uni.
gift-of-the-month = L’attention du mois
gift-of-the-month-text = À votre prochaine commande du mois, nous joignons six bougies en cire d’abeille, trempées à la main.
goes-with = Pour accompagner ce que vous avez

## Les catégories, pour les bons qui ne valent que pour certaines

category-tableware = vaisselle
category-kitchen = cuisine
category-cookware = batterie de cuisine
category-lamps = lampes
category-lighting = luminaires
category-candles = bougies
category-textiles = linge de maison
category-garden = jardin
category-storage = rangement
category-decoration = décoration
category-stationery = papeterie
category-christmas = Noël
category-furniture = mobilier
category-objects = objets
