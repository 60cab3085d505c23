"""All of `config/`, read into frozen models."""

import difflib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from service.config.campaigns import Campaign
from service.config.parts import Part
from service.config.printers import Printers, queue_faults
from service.config.routing import Routing
from service.config.settings import Settings
from service.config.toml_files import key_name, line_of_key, read_part, read_text, read_toml, validated
from service.errors import ConfigInvalid
from service.model import LANGUAGES

ALL_WORDS = ""  # stands for a campaign's name where the words of all are at fault


class Config(Part):
    """All of `config/`. Feeds are parsed TOML, messages and campaign words Fluent source by language.

    Campaigns go by the names of their files; their TOML source tells where a fault of a rule stands. What feeds, words
    and rules mean, intake and planning know. A campaign that can't be read is none, and `campaign_faults` says why by
    its name, under ALL_WORDS where it is the words of all: campaigns stop no order.
    """

    folder: Path
    settings: Settings
    routing: Routing
    printers: Printers
    feeds: dict[str, dict[str, Any]]
    messages: dict[str, str]
    campaigns: dict[str, Campaign]
    campaign_sources: dict[str, str]
    campaign_words: dict[str, str]
    campaign_faults: dict[str, str]
    overrides: dict[str, str]


def read_config(folder: Path, environ: Mapping[str, str]) -> Config:
    """All of `folder`, checked, with the overrides of `environ`; raises ConfigInvalid with file, line and key."""
    if not folder.is_dir():
        raise ConfigInvalid(f"there is no configuration folder {folder}", hint="Name it with --config DIR.")
    return Config(
        folder=folder,
        settings=_overridden_settings(folder / "slipway.toml", environ),
        routing=read_part(folder / "routing.toml", Routing),
        printers=_printers(folder / "printers.toml"),
        feeds={path.stem: read_toml(path) for path in sorted((folder / "feeds").glob("*.toml"))},
        messages={language: read_text(folder / "messages" / f"{language}.ftl") for language in LANGUAGES},
        **_campaigns(folder / "campaigns"),
        overrides=dict(environ),
    )


def read_again(config: Config) -> Config:
    """The configuration as it is in the files now, with the overrides it had; raises ConfigInvalid."""
    return read_config(config.folder, config.overrides)


def _campaigns(folder: Path) -> dict[str, Any]:
    """What Config has of campaigns: the files by their names, and the standing words by language."""
    campaigns, sources, faults = {}, {}, {}
    for path in sorted(folder.glob("*.toml")):
        try:
            campaigns[path.stem], sources[path.stem] = read_part(path, Campaign), read_text(path)
        except ConfigInvalid as error:
            faults[path.stem] = str(error)
    try:
        words = {name: read_text(folder / f"{name}.ftl") for name in LANGUAGES if folder.is_dir()}
    except ConfigInvalid as error:
        words, faults[ALL_WORDS] = {}, str(error)
    named = {"campaigns": campaigns, "campaign_sources": sources}
    return {**named, "campaign_words": words, "campaign_faults": faults}


def without_campaigns(config: Config, names: Collection[str]) -> Config:
    """The configuration without these campaigns and their faults; without any where the words of all are named."""
    if ALL_WORDS in names:
        none = ("campaigns", "campaign_sources", "campaign_words", "campaign_faults")
        return config.model_copy(update={name: {} for name in none})
    left = {
        table: {name: value for name, value in getattr(config, table).items() if name not in names}
        for table in ("campaigns", "campaign_sources", "campaign_faults")
    }
    return config.model_copy(update=left)


def _printers(path: Path) -> Printers:
    printers = read_part(path, Printers)
    text = read_text(path)
    faults = [
        f"{path}:{line_of_key(text, key)}: {key_name(key)}: {reason}" for key, reason in queue_faults(printers.queue)
    ]
    if faults:
        raise ConfigInvalid("\n".join(faults))
    return printers


def _overridden_settings(path: Path, environ: Mapping[str, str]) -> Settings:
    values = read_toml(path)
    overridden: dict[tuple[int | str, ...], str] = {}
    for variable, key in _overrides(environ):
        table = values
        for name in key[:-1]:
            table = table.setdefault(name, {})
        table[key[-1]] = environ[variable]
        overridden[key] = variable
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        for fault in error.errors(include_input=False, include_url=False):
            if fault["loc"] in overridden:
                what = f"{overridden[fault['loc']]}: {fault['msg']}"
                raise ConfigInvalid(what, hint="Mend or unset the variable.") from None
    return validated(Settings, read_toml(path), path)


def _overrides(environ: Mapping[str, str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """(variable, key) of each SLIPWAY_ variable that is set; an unknown one is a fault, with a suggestion."""
    keys = {f"SLIPWAY_{'_'.join(key).upper()}": key for key in _single_values(Settings)}
    for variable in sorted(environ):
        if not variable.startswith("SLIPWAY_"):
            continue
        if variable not in keys:
            near = difflib.get_close_matches(variable, keys, n=1)
            hint = f"Did you mean {near[0]}?" if near else "Unset it."
            raise ConfigInvalid(f"{variable} overrides nothing", hint=hint)
        yield variable, keys[variable]


def _single_values(model: type[BaseModel]) -> Iterator[tuple[str, ...]]:
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from ((name, *rest) for rest in _single_values(field.annotation))
        elif field.annotation in (str, int, float, Path) or "Literal" in str(field.annotation):
            yield (name,)
