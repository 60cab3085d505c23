"""Errors and their headings, the log's lists, configuration faults, files that are whole."""

import io
import json
import pickle
import re
from pathlib import Path
from typing import get_args

import pytest
import structlog

from service import log as service_log
from service.config import Routing as RoutingTable
from service.config import line_of_key, read_config, validated
from service.config.toml_files import _all_places, read_part
from service.errors import ConfigInvalid, InvalidOrder, Remedy, SpoolFull, kinds
from service.files import full_disk_named, write_whole


def test_every_error_code_has_its_heading_in_the_operations_guide(root: Path) -> None:
    guide = (root / "docs" / "operations.md").read_text()
    headings = re.findall(r"^### `([a-z-]+)`$", guide, re.MULTILINE)
    assert [kind.code for kind in kinds()] == headings


def test_codes_are_stable_kebab_case_and_used_once() -> None:
    codes = [kind.code for kind in kinds()]
    assert sorted(set(codes)) == sorted(codes)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", code) for code in codes)
    assert all(kind.remedy in Remedy and kind.advice for kind in kinds())


def test_an_error_is_the_same_on_the_other_side_of_a_process_border() -> None:
    error = InvalidOrder("unit_price must be a decimal", where="/lines/3/unit_price", hint="Mend it.")
    copy = pickle.loads(pickle.dumps(error))
    assert (error.what, error.where, error.hint) == (copy.what, copy.where, copy.hint)
    assert "unit_price must be a decimal (/lines/3/unit_price)" == str(copy)


def test_every_event_on_the_list_is_said_somewhere_and_nothing_else_is(root: Path) -> None:
    said = set()
    for path in (root / "service").rglob("*.py"):
        said |= set(re.findall(r'log\.(?:info|warning|error)\(\s*"([^"]+)"', path.read_text()))
    assert set(get_args(service_log.Event)) == said


def test_a_fact_that_is_not_listed_never_reaches_the_log() -> None:
    stream = io.StringIO()
    service_log.configure_log(stream)
    service_log.log.info("note.accepted", note_id="509217-1-r1", customer="Ada Whitfield")
    structlog.reset_defaults()
    line = json.loads(stream.getvalue())
    assert "509217-1-r1" == line["note_id"]
    assert "Ada" not in stream.getvalue()


def test_facts_bound_once_stand_on_every_line_inside() -> None:
    stream = io.StringIO()
    service_log.configure_log(stream)
    with service_log.bound(note_id="509217-1-r1"):
        service_log.log.info("note.accepted", pages=2)
    service_log.log.info("service.stopped")
    structlog.reset_defaults()
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert "509217-1-r1" == first["note_id"]
    assert "note_id" not in second


def test_the_shipped_configuration_reads(root: Path) -> None:
    config = read_config(root / "config", {})
    assert "amber-home" in config.settings.shops
    assert {"uk", "eu", "int"} == set(config.settings.sites)


def test_a_single_value_is_overridden_from_the_environment(root: Path) -> None:
    environ = {"SLIPWAY_SPOOL": "/srv/spool", "SLIPWAY_INTAKE_SETTLE_S": "0.5"}
    settings = read_config(root / "config", environ).settings
    assert (Path("/srv/spool"), 0.5) == (settings.spool, settings.intake.settle_s)


@pytest.mark.parametrize(
    ("environ", "what", "hint"),
    [
        ({"SLIPWAY_SPOOOL": "x"}, "SLIPWAY_SPOOOL overrides nothing", "Did you mean SLIPWAY_SPOOL?"),
        ({"SLIPWAY_RENDERING_WORKERS": "many"}, "SLIPWAY_RENDERING_WORKERS: Input should be a valid integer", "unset"),
    ],
)
def test_an_override_that_is_wrong_is_named(root: Path, environ: dict[str, str], what: str, hint: str) -> None:
    with pytest.raises(ConfigInvalid, match=re.escape(what)) as caught:
        read_config(root / "config", environ)
    assert hint in caught.value.hint


def test_a_fault_names_file_line_and_key_and_suggests(tmp_path: Path) -> None:
    path = tmp_path / "routing.toml"
    path.write_text('[[route]]\nqueue = "a"\n\n[[route]]\nqueeu = "b"\nqueue = "b"\nsides = "both"\n')
    with pytest.raises(ConfigInvalid) as caught:
        validated(RoutingTable, {"route": [{"queue": "a"}, {"queeu": "b", "queue": "b", "sides": "both"}]}, path)
    faults = caught.value.what.splitlines()
    assert f"{path}:5: route[2].queeu: there is no such key; did you mean queue?" in faults
    assert any(fault.startswith(f"{path}:7: route[2].sides: Input should be") for fault in faults)


def test_broken_toml_is_a_fault_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "slipway.toml").write_text('spool = "var"\nspool = \n')
    with pytest.raises(ConfigInvalid, match=r"slipway\.toml: .*line 2"):
        read_config(tmp_path, {})


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a = " + "[" * 3990, "nested too deep"),
        (f"a = {'9' * 5000}", "toml:1: a line of more than 4000 characters"),
        (f"x = 1\n{'a.' * 50_000}b = 1", "toml:2: a line of more than 4000 characters"),
    ],
)
def test_toml_that_python_gives_up_on_is_a_fault_too(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "slipway.toml").write_text(content)
    with pytest.raises(ConfigInvalid, match=said):
        read_config(tmp_path, {})


def test_a_file_full_of_faults_is_told_without_reading_it_for_each(tmp_path: Path) -> None:
    path = tmp_path / "routing.toml"
    path.write_text("[[route]]\nqueeu = 1\n" * 300)
    with pytest.raises(ConfigInvalid, match=r":600: route\[300\]\.queeu: there is no such key"):
        read_part(path, RoutingTable)
    misses = _all_places.cache_info().misses
    line_of_key(path.read_text(), ("route", 0))
    assert misses == _all_places.cache_info().misses


def test_a_configuration_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match="no configuration folder"):
        read_config(tmp_path / "nowhere", {})


def test_a_written_file_is_whole_and_leaves_nothing_beside(tmp_path: Path) -> None:
    write_whole(tmp_path / "receipt.json", b"old")
    write_whole(tmp_path / "receipt.json", b"new")
    assert b"new" == (tmp_path / "receipt.json").read_bytes()
    assert ["receipt.json"] == [path.name for path in tmp_path.iterdir()]


def test_a_full_disk_is_named() -> None:
    with pytest.raises(SpoolFull, match="no space left in /dev"), full_disk_named(Path("/dev/full")):
        Path("/dev/full").write_bytes(b"x")
