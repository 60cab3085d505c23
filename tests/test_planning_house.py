"""A configuration that would fail on a note is refused before the first order comes."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from service.config import Config, Shop, read_config
from service.errors import ConfigInvalid
from service.planning.house import compile_house

CONFIG = read_config(Path(__file__).parent.parent / "config", {})


def with_routes(*changes: dict[str, object]) -> Config:
    """The configuration with its first route changed, once for each of `changes`."""
    rule = CONFIG.routing.route[0]
    rules = tuple(rule.model_copy(update=change) for change in changes)
    return CONFIG.model_copy(update={"routing": CONFIG.routing.model_copy(update={"route": rules})})


@pytest.mark.parametrize(
    ("expected", "config"),
    [
        ("route[2] names the same site, language and kind as route[1]", with_routes({}, {"queue": "uk-notes"})),
        ("route[1].queue: printers.toml has no queue nowhere", with_routes({"queue": "nowhere"})),
        ("route[1].backup: printers.toml has no queue nowhere", with_routes({"backup": "nowhere"})),
        ("route[2].site: slipway.toml has no site moon", with_routes({}, {"site": "moon"})),
    ],
)
def test_a_route_that_can_not_be_taken_is_refused(expected: str, config: Config) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        compile_house(config)
    assert f"{CONFIG.folder / 'routing.toml'}: {expected}" == caught.value.what


def test_a_route_may_have_no_backup() -> None:
    assert "" == next(iter(compile_house(with_routes({"backup": ""})).routes.values())).backup


def test_a_shop_says_in_every_language_where_returns_are_announced() -> None:
    shop = CONFIG.settings.shops["amber-home"].model_copy(update={"returns_url": {"en": "x", "de": "y"}})
    settings = CONFIG.settings.model_copy(update={"shops": {"amber-home": shop}})
    with pytest.raises(ConfigInvalid) as caught:
        compile_house(CONFIG.model_copy(update={"settings": settings}))
    assert "slipway.toml: shops.amber-home.returns_url names no fr" == caught.value.what


SHOP = CONFIG.settings.shops["amber-home"].model_dump()


@pytest.mark.parametrize(
    ("key", "link"),
    [
        ("referral_url", "https://{code}.example/i"),
        ("referral_url", "https://amber-home.example{code}"),
        ("referral_url", "http://amber-home.example/i/{code}"),
        ("voucher_url", "https://amber-home.example/{sku}"),
        ("voucher_url", "https://amber-home.example@{code}/"),
        ("registration_url", "https://amber-home.example/{code}"),
        ("feedback_url", "https://amber-home.example/{}"),
        ("feedback_url", ""),
    ],
)
def test_a_link_whose_host_an_order_could_choose_or_whose_fields_are_not_its_own_is_refused(
    key: str, link: str
) -> None:
    with pytest.raises(ValidationError):
        Shop.model_validate({**SHOP, key: link})


@pytest.mark.parametrize("link", ["", "https://a.example", "https://a.example/{code}/{language}?n={note_id}&s=1"])
def test_a_link_may_be_absent_or_hold_each_field_of_its_own(link: str) -> None:
    assert link == Shop.model_validate({**SHOP, "voucher_url": link}).voucher_url


def test_a_story_is_told_in_every_language() -> None:
    shop = CONFIG.settings.shops["amber-home"]
    assert shop.story
    story = shop.story.model_copy(update={"heading": {"en": "x"}, "text": {"en": "x", "fr": "y"}})
    shops = {"amber-home": shop.model_copy(update={"story": story})}
    with pytest.raises(ConfigInvalid) as caught:
        compile_house(CONFIG.model_copy(update={"settings": CONFIG.settings.model_copy(update={"shops": shops})}))
    assert [
        "slipway.toml: shops.amber-home.story.heading names no fr",
        "slipway.toml: shops.amber-home.story.heading names no de",
        "slipway.toml: shops.amber-home.story.text names no de",
    ] == caught.value.what.splitlines()
