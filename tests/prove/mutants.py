"""The service with one of its precautions taken away: each must turn the rig red, or the rig proves nothing.

A mutant is a change of one module's syntax tree, made while the module is loaded; the sources are never touched.
"""

import ast
from collections.abc import Callable
from dataclasses import dataclass

Change = Callable[[ast.AST], ast.AST | None]


class MutationLost(Exception):
    """The source has changed so that the mutant finds nothing to take away."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """What is taken away, and the campaign that must find out."""

    what: str
    room: str
    function: str
    old: str
    new: str
    campaign: str

    def carried_out(self, tree: ast.Module) -> ast.Module:
        """The tree without it; MutationLost if it is not there."""
        inside = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == self.function]
        swap = _Swap(ast.unparse(ast.parse(self.old, mode="eval")), ast.parse(self.new, mode="eval").body)
        for function in inside:
            function.body = [swap.visit(statement) for statement in function.body]
        if not swap.swapped:
            raise MutationLost(f"service/{self.room}.py, {self.function}: no {self.old}")
        return ast.fix_missing_locations(tree)


class _Swap(ast.NodeTransformer):
    def __init__(self, old: str, new: ast.expr) -> None:
        self.swapped = 0
        self._old = old
        self._new = new

    def visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.expr) and ast.unparse(node) == self._old:
            self.swapped += 1
            return ast.copy_location(ast.parse(ast.unparse(self._new), mode="eval").body, node)
        return super().visit(node)  # type: ignore[no-any-return]


MUTANTS = {
    "no-fsync-of-files": Mutant(
        "the fsync of a file's content", "files", "write_aside", "os.fsync(descriptor)", "None", "power"
    ),
    "no-fsync-of-folders": Mutant(
        "the fsync of a folder's names", "files", "fsync_folder", "os.fsync(descriptor)", "None", "order"
    ),
    "ledger-synchronous-normal": Mutant(
        "the fsync of each commit",
        "ledger/opening",
        "set_up",
        "connection.execute('pragma synchronous = full')",
        "connection.execute('pragma synchronous = normal')",
        "power",
    ),
    "no-intent-row": Mutant(
        "the intent on disk before CUPS hears of a note",
        "pipeline",
        "_submit",
        "rooms.ledger.intend(key, note, queue, moments, prepared.marketing)",
        "True",
        "order",
    ),
    "no-orphan-sweep": Mutant(
        "the sweep of what an earlier try left at the printer",
        "pipeline",
        "_submit",
        "self._discard_orphan(account)",
        "None",
        "submission",
    ),
    "no-name-check": Mutant(
        "the look whether a job of this id is ours, by its name",
        "printing/cups_printer",
        "_ours",
        "found.is_called(job.job_name, job.queue)",
        "True",
        "cupsd-forgets",
    ),
    "no-guarded-open": Mutant(
        "the look whether a drop is a plain file with one link",
        "intake/guard",
        "check_kind",
        "is_kind(status.st_mode)",
        "False",
        "hostile-files",
    ),
    "no-compare-and-set": Mutant(
        "removal only of what was copied, by its identity",
        "intake/hot_folder",
        "_remove",
        "identity(path.lstat()) == drop.identity",
        "True",
        "replaced",
    ),
}
