"""Which pictures may show an article: the one that the order names, else the article's own, else what stands in for it.

Whether the library has any of them is not known here: the first that it has is shown.
"""

from service.config import Shop
from service.model import Choice, Line, Recommendation


def pictures_of(article: Line | Recommendation, shop: Shop) -> Choice:
    """By its picture id, by its SKU, then what the shop shows for its category, and for anything."""
    of_category = shop.category_pictures.get(article.category, "")
    ids = (article.picture, article.sku, of_category, shop.neutral_picture)
    return tuple(dict.fromkeys(stripped for each in ids if (stripped := each.strip())))
