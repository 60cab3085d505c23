"""The note that the bench measures is a note, in every language."""

from pathlib import Path

from tests.bench.real import faults_of, pages_of
from tests.bench.reference import reference_plan
from tests.bench.workers import OURS, make_room, running_worker


def test_the_reference_note_is_whole_on_two_pages_in_every_language(tmp_path: Path) -> None:
    make_room(tmp_path, [])
    with running_worker(OURS, tmp_path) as worker:
        for number in range(3):
            pdf = tmp_path / f"{number}.pdf"
            worker.draw(8, number, pdf)
            assert [] == faults_of(pdf, reference_plan(8, number))
            assert 2 == pages_of(pdf)
