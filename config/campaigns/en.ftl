# What the campaigns say, in English: NAME is a heading, NAME-text goes with it, NAME-caption stands at a QR code.
# Which variables a message may use: docs/campaigns.md. Numbers come twice, as in config/messages.

## Vouchers

apology = { $percent_text }% off, with our apologies
apology-text =
    { $days_late ->
        [one] This parcel left us a day later than we had promised. That is not how we like to work, and we are sorry.
       *[other] This parcel left us { $days_late_text } days later than we had promised. That is not how we like to work, and we are sorry.
    }
welcome = { $percent_text }% off, by way of welcome
welcome-text = A first order is an introduction. This code is yours alone, for the day you come back.
birthday = { $percent_text }% off for your birthday, { $name }
birthday-unnamed = { $percent_text }% off for your birthday
birthday-text = Your day is not far off. Choose as you please.
anniversary =
    { $anniversary ->
        [1] { $percent_text }% off, for a year with us
        [2] { $percent_text }% off, for two years with us
        [3] { $percent_text }% off, for three years with us
        [4] { $percent_text }% off, for four years with us
        [5] { $percent_text }% off, for five years with us
       *[other] { $percent_text }% off, for { $anniversary_text } years with us
    }
anniversary-text = Thank you for keeping us company. This is how we mark the day.
reward = { $amount } off, for your points
reward-text = Your { $points_text } points have turned into this.
ends-soon = { $amount } off, in time for Christmas
ends-soon-text = For whoever is still missing from your list. Our last parcels before Christmas leave in the middle of December.
thanks-percent = { $percent_text }% off, with our thanks
thanks-percent-text = To be chosen again is the finest compliment we know.
thanks-delivery = Your next delivery is on us
thanks-delivery-text = To be chosen again is the finest compliment we know.

## Codes

invitation = One invitation, two rewards
invitation-caption = Scan the code for your invitation: 15% off for whoever accepts it, and 15% for you once their parcel is on its way.
warranty = Ten years of warranty
warranty-caption = Scan the code to register your piece. Its warranty then lasts ten years instead of two.
question = A question about your order
question-caption = Scan the code, which knows your order. Your answer goes straight to those who packed it.

## Points

tier-points = Your points
tier-points-text =
    { $points ->
        [one] { $tier } · { $points_text } point, { $missing_text } to your next reward.
       *[other] { $tier } · { $points_text } points, { $missing_text } to your next reward.
    }
    Last year’s points are yours to use until { $year_end }.
points = Your points
points-text =
    { $points ->
        [one] { $points_text } point, { $missing_text } to your next reward.
       *[other] { $points_text } points, { $missing_text } to your next reward.
    }
    Last year’s points are yours to use until { $year_end }.

## The house

first-advent = For the first Sunday in Advent
first-advent-text = On 29 November the first of four candles is lit. What is ordered by 14 December will lie under the tree in time.
last-posting = In time for Christmas
last-posting-text = What is ordered by noon on Thursday 17 December reaches any address in the United Kingdom before Christmas Eve.
gift-of-the-month = With our compliments
gift-of-the-month-text = With your next order this month we enclose six beeswax candles, dipped by hand.
goes-with = To go with what you have

## Categories, where a voucher counts for some of them only

category-tableware = tableware
category-kitchen = kitchen
category-cookware = cookware
category-lamps = lamps
category-lighting = lighting
category-candles = candles
category-textiles = textiles
category-garden = garden
category-storage = storage
category-decoration = decoration
category-stationery = stationery
category-christmas = Christmas
category-furniture = furniture
category-objects = objects
