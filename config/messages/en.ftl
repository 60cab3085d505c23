# The standing words of every note, in English.
# Numbers come twice: $units to choose the form, $units_text as it is written in this language.
# No-break spaces (U+00A0) stand between a number and its word.

## The sheet

title = Delivery note { $note }
page-label = Page { $page } of { $pages }
reprint = Reprint { $generation }

## The line to this person: by status where the customer agreed to be addressed, else neutral

greeting-new = Welcome, { $name }
greeting-new-unnamed = Welcome
greeting-new-text = Thank you for choosing { $brand }. May everything in this parcel find its place in your home, and keep it for years.
greeting-returning = How good to see you again, { $name }
greeting-returning-unnamed = How good to see you again
greeting-returning-text = Thank you for coming back to us. Your order was packed with the same care as the first.
greeting-ambassador = Always a pleasure, { $name }
greeting-ambassador-unnamed = Always a pleasure
greeting-ambassador-text = Few people know our house as well as you do. Thank you for the trust you place in us.
greeting-neutral = Thank you for your order
greeting-neutral-text = It was packed with care. We hope you will enjoy it for years to come.
greeting-gift = A gift for you
greeting-gift-text = Someone chose this with you in mind, and we packed it with care.

## Address and facts

address-label = Delivery address
fact-note = Delivery note
fact-order = Order
fact-ordered = Ordered on
fact-dispatched = Dispatched on
fact-parcel = Parcel
fact-parcel-value = { $number } of { $of }

## What is in this parcel, and what follows

parcel-single = Your order, in one parcel
parcel-single-gift = Your gift, in one parcel
parcel-single-text =
    { $units ->
        [one] One piece in all; nothing further will follow.
       *[other] { $units_text } pieces in all; nothing further will follow.
    }
parcel-partial =
    { $more ->
        [0] Part of your order: the rest will follow
       *[other] Parcel { $number } of { $of }: the rest will follow
    }
parcel-partial-gift =
    { $more ->
        [0] Part of your gift: there is more to come
       *[other] Parcel { $number } of { $of }: there is more to come
    }
parcel-partial-text =
    { $more ->
        [0] The rest will follow separately; there is nothing you need to do.
        [one] One more parcel will follow; there is nothing you need to do.
       *[other] { $more_text } more parcels will follow; there is nothing you need to do.
    }
parcel-partial-rest =
    { $rest ->
        [one] Of the items listed here, one piece is still to follow.
       *[other] Of the items listed here, { $rest_text } pieces are still to follow.
    }
parcel-final = Parcel { $number } of { $of } completes your order
parcel-final-gift = Parcel { $number } of { $of } completes your gift
parcel-final-text =
    { $units ->
        [one] It brings the last piece. Thank you for your patience.
       *[other] It brings the last { $units_text } pieces. Thank you for your patience.
    }

## The goods

goods-quantity = Quantity
goods-item = Item
goods-unit-price = Unit price
goods-amount = Amount
article = Item { $sku }
detail-partial = ordered { $ordered_text } · in this parcel { $here_text } · { $rest_text } to follow
detail-middle = ordered { $ordered_text } · in this parcel { $here_text } · in other parcels { $rest_text }
detail-final = ordered { $ordered_text } · in this parcel { $here_text } · { $rest_text } sent earlier
detail-only = ordered { $ordered_text } · in this parcel { $here_text }
totals-goods = Goods in this parcel
gift-message = A message for you

## What the shop adds for this customer

voucher-percent = { $percent_text }% off your next order
voucher-amount = { $amount } off your next order
voucher-shipping = Free delivery on your next order
voucher-text = With our thanks. Enter your code when you next order at { $website }.
voucher-text-scan = With our thanks. Scan the QR code, or enter your code when you next order at { $website }.
voucher-use = Enter your code when you next order at { $website }.
voucher-use-scan = Scan the QR code, or enter your code when you next order at { $website }.
voucher-code = Your code
voucher-minimum = On orders from { $amount }
voucher-only = Only for: { $categories }
voucher-except = Except: { $categories }
voucher-expires = Valid until { $date }
recommendations = In good company
loyalty = Your loyalty
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
        [one] This order earned you { $earned_text } point.
       *[other] This order earned you { $earned_text } points.
    }
referral = An invitation to pass on
referral-caption = Scan the code to open your personal invitation, and send it to someone who would feel at home with us.
registration = Made to last
registration-caption = Scan the code to register item { $sku }. Should you ever need us, we will have everything to hand.

## The quiet useful things

feedback = Is everything as it should be?
feedback-caption = Scan the code to open a page where you can tell us about this delivery.
returns = Returns
returns-text =
    { $days ->
        [one] If something is not quite right, you may send it back within one day. Please register your return first:
       *[other] If something is not quite right, you may send it back within { $days_text } days. Please register your return first:
    }
help = Here for you
