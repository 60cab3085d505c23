"""The service with one of its precautions taken away: each must turn the rig red, or the rig proves nothing.

A mutant is a change of one module's syntax tree, put into a process that was forked for it; the sources are never
touched. Every call that makes something durable is a mutant by itself (`effects()` names them). The others are chosen
by hand, each with the campaign that must find out.
"""

import ast
import importlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from types import CodeType
from typing import Any

from tests.prove.effects import Effect, effects, instrumented, room_tree
from tests.prove.failpoints import Strike


class MutationLost(Exception):
    """The source has changed so that the mutant finds nothing to take away."""


@dataclass(frozen=True, slots=True)
class Aim:
    """A situation in which the absence shows, and what strikes there."""

    situation: str
    strikes: tuple[Strike, ...] = ()


@dataclass(frozen=True, slots=True)
class Mutant:
    """What is taken away: in this function, `old` becomes `new`; and what must find out.

    That is a situation with its strikes, or a whole campaign.
    """

    what: str
    room: str
    function: str
    old: str
    new: str
    found_by: Aim | str

    def carried_out(self, tree: ast.Module) -> ast.Module:
        """The tree without it; MutationLost if it is not there."""
        inside = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == self.function]
        swap = _Swap(ast.unparse(ast.parse(self.old, mode="eval")), ast.parse(self.new, mode="eval").body)
        for function in inside:
            function.body = [swap.visit(statement) for statement in function.body]
        if not swap.swapped:
            raise MutationLost(f"service/{self.room}.py, {self.function}: no {self.old}")
        return ast.fix_missing_locations(tree)


@dataclass(frozen=True, slots=True)
class Unsynced:
    """What an effect makes durable is not: the mutant of each sync."""

    effect: Effect

    @property
    def what(self) -> str:
        return f"{self.effect.name.rpartition('.')[2]} in {self.effect.name.rpartition('.')[0]}"

    @property
    def room(self) -> str:
        return next(
            room for room in _rooms_longest_first() if self.effect.name.startswith(room.replace("/", ".") + ".")
        )

    def carried_out(self, tree: ast.Module) -> ast.Module:
        """The instrumented tree without it; MutationLost if it is not there."""
        swap = _Unsync(self.effect.name)
        changed = swap.visit(tree)
        if not swap.swapped:
            raise MutationLost(f"no {self.effect.name}")
        return ast.fix_missing_locations(changed)  # type: ignore[no-any-return]


def _rooms_longest_first() -> list[str]:
    from tests.prove.effects import ROOMS

    return sorted(ROOMS, key=len, reverse=True)


class _Swap(ast.NodeTransformer):
    def __init__(self, old: str, new: ast.expr) -> None:
        self.swapped = 0
        self._old = old
        self._new = new

    def visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.expr) and self._old in (ast.unparse(node), _effect_in(node)):
            self.swapped += 1
            return ast.copy_location(ast.parse(ast.unparse(self._new), mode="eval").body, node)
        return super().visit(node)  # type: ignore[no-any-return]


def _effect_in(node: ast.expr) -> str:
    """The call that is wrapped here, as it stands in the source."""
    match node:
        case ast.Call(func=ast.Name(id="_at"), args=[_, _, ast.Lambda(body=body)]):
            return ast.unparse(body)
    return ""


class _Unsync(ast.NodeTransformer):
    """Takes the durability of the effect with this name away."""

    def __init__(self, name: str) -> None:
        self.swapped = 0
        self._name = name

    def visit_Call(self, node: ast.Call) -> ast.AST:
        match node:
            case ast.Call(
                func=ast.Name(id="_at"), args=[ast.Constant(value=self._name), _, ast.Lambda(body=ast.Call())]
            ):
                self.swapped += 1
                return ast.copy_location(self._unsynced(node), node)
        return self.generic_visit(node)

    def _unsynced(self, node: ast.Call) -> ast.expr:
        """A file is still written, and is not synced; a sync is not there at all."""
        late = node.args[2]
        assert isinstance(late, ast.Lambda) and isinstance(late.body, ast.Call)
        call = late.body
        if not isinstance(call.func, ast.Name) or call.func.id not in ("write_aside", "write_whole"):
            return ast.Constant(None)
        if call.func.id == "write_whole":
            call.func = ast.parse("write_whole.__globals__['write_aside']", mode="eval").body
        words = [word for word in call.keywords if word.arg != "durable"]
        call.keywords = [*words, ast.keyword("durable", ast.Constant(value=False))]
        return node


# In the process that was forked for it -------------------------------------------------------------------------------


def put_in(name: str) -> None:
    """Let the functions of one module be those of this mutant."""
    mutant = all_mutants()[name]
    tree = mutant.carried_out(instrumented(room_tree(mutant.room), mutant.room))
    place = f"service.{mutant.room.replace('/', '.')}"
    importlib.import_module(place)
    module = sys.modules[place]
    for code in _codes(compile(tree, module.__file__ or "", "exec")):
        _replace(module, code)


def _codes(code: CodeType) -> Iterator[CodeType]:
    """Of the module's functions and methods; those within functions come with them."""
    for each in code.co_consts:
        if isinstance(each, CodeType) and "<" not in each.co_qualname:
            yield each
            yield from _codes(each)


def _replace(module: object, code: CodeType) -> None:
    owner: Any = module
    for name in code.co_qualname.split("."):
        owner = vars(owner).get(name) if hasattr(owner, "__dict__") else None
        owner = getattr(owner, "fget", None) or getattr(owner, "__func__", None) or getattr(owner, "__wrapped__", owner)
    if hasattr(owner, "__code__"):
        owner.__code__ = code


@cache
def all_mutants() -> dict[str, Mutant | Unsynced]:
    """Those of each sync, and those made by hand."""
    return {f"unsynced {each.name}": Unsynced(each) for each in effects() if each.is_sync} | MUTANTS


_NEW_FOLDER = "ext4 makes a new folder's name durable with what is synced in it; others promise no such thing"
_BOTH_ENDS = "for ext4 one of the two folders of a rename is enough; others may want both"
UNNOTICED: dict[str, str] = {  # syncs whose absence nothing here can notice, and why they stay
    "unsynced intake.archive.archive.fsync_folder": _NEW_FOLDER,
    "unsynced intake.archive.take_out.fsync_folder": "the ledger's open note finds the file in done/ again; synced"
    " so that it is never in neither folder",
    "unsynced intake.asked.remove_asked.fsync_folder": "a question that comes again is known by its id; synced so that"
    " nobody is answered twice",
    "unsynced printing.folder._Queue.create.fsync_folder": _NEW_FOLDER,
    "unsynced printing.folder._Queue.print_held.fsync_folder": _BOTH_ENDS,
    "unsynced printing.folder._Queue.print_held.fsync_folder-2": _BOTH_ENDS,
    "unsynced printing.folder._Queue.discard.fsync_folder": "what is half cancelled is ended by the next start",
    "unsynced printing.queue_printers.QueuePrinters._remember.write_whole": "only an exchange of printers just when the"
    " power goes would show it",
    "unsynced content.shelf.Shelf.put.fsync_folder": _NEW_FOLDER,
    "unsynced content.shelf.Shelf.put.fsync_folder-2": "active.json is synced into the same folder right after",
}


MUTANTS: dict[str, Mutant | Unsynced] = {
    "no-rename": Mutant(
        "the file beside: it is written where it belongs",
        "files",
        "write_aside",
        "path.with_name(f'.{path.name[:180]}.{os.getpid():x}-{threading.get_ident():x}.tmp')",
        "path",
        Aim("an order", tuple(Strike("files.write_aside.write", "before", "kill", hit) for hit in range(2, 8))),
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
        Aim("an order", (Strike("pipeline._submit.create_held", "after", "kill"),)),
    ),
    "no-orphan-sweep": Mutant(
        "the sweep of what an earlier try left at the printer",
        "pipeline",
        "_submit",
        "self._discard_orphan(account)",
        "None",
        Aim("an order", (Strike("pipeline._submit.create_held", "after", "kill"),)),
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
        "the look whether a drop is a plain file",
        "intake/guard",
        "check_kind",
        "is_kind(status.st_mode)",
        "False",
        "hostile-files",
    ),
    "no-link-count": Mutant(
        "the look whether a drop has one link",
        "intake/guard",
        "check_kind",
        "status.st_nlink > 1",
        "False",
        "hostile-files",
    ),
    "no-size-cap": Mutant(
        "the look how large a drop is",
        "intake/guard",
        "check_kind",
        "status.st_size > most_bytes",
        "False",
        "hostile-files",
    ),
    "no-identity": Mutant(
        "removal only of what was copied, by its identity",
        "intake/hot_folder",
        "_remove",
        "identity(path.lstat()) == drop.identity",
        "True",
        "replaced",
    ),
    "no-repeated-record": Mutant(
        "the look whether the ledger has a drop already",
        "ledger/ledger",
        "record",
        "rows(connection, statements.DROP, {'drop': drop.drop_id})",
        "()",
        Aim("an order", (Strike("intake.hot_folder.HotFolder._remove.unlink", "before", "kill"),)),
    ),
    "no-job-id": Mutant(
        "the job's id on disk before it is released",
        "pipeline",
        "_submit",
        "rooms.ledger.note_job(key, job)",
        "True",
        Aim("an order", (Strike("pipeline._submit.release", "after", "kill"),)),
    ),
    "no-guarded-intent": Mutant(
        "the look whether the ledger took the intent",
        "pipeline",
        "_submit",
        "not intended",
        "False",
        Aim("cancelled just before its intent", (Strike("pipeline._submit.create_held", "after", "kill"),)),
    ),
    "no-taking-back-intent": Mutant(
        "the intent before a job is taken back",
        "taking_back",
        "take_back",
        "self._ledger.intend_to_take_back(followed.key, self._now())",
        "True",
        Aim("a queue is stopped", (Strike("taking_back.TakingBack._withdraw.withdraw", "after", "kill"),)),
    ),
    "no-code-compare-and-set": Mutant(
        "the look whether a code is still free when it is given",
        "ledger/exposures",
        "_give",
        "change(connection, _GIVE, {'of_code': giving.code, 'of_pool': giving.pool, **taken})",
        "1",
        "codes",
    ),
    "no-mark-of-a-further-sheet": Mutant(
        "the generation in a job's name", "model", "job_name", "generation == 1", "True", Aim("given up by its printer")
    ),
    "no-steady-clock": Mutant(
        "a clock that nobody sets, beside the wall clock",
        "printing/device",
        "is_older_than",
        "job.created_s is None or made_s < job.created_s",
        "True",
        "clock",
    ),
    "no-look-for-the-printer": Mutant(
        "the look which printer a queue has, behind CUPS's word that a job is at its end",
        "printing/watched",
        "_ask_cups",
        "any((one.is_over for one in told))",
        "False",
        "exchanges",
    ),
    "no-last-printer": Mutant(
        "the memory which printers a queue had in an earlier life",
        "printing/queue_printers",
        "__init__",
        "self._remembered()",
        "('', {})",
        "exchanges",
    ),
    "no-look-whether-it-began": Mutant(
        "the look whether CUPS had begun a job that it still has, before it is taken back",
        "printing/cups_printer",
        "withdraw",
        "found.began is None",
        "True",
        "begun",
    ),
    "no-deadly-files": Mutant(
        "the note of what is being read, before it is read",
        "intake/deadly",
        "_write_note",
        "write_aside(self._note, ''.join(lines).encode(), durable=False)",
        "None",
        "crash-loop",
    ),
    "no-deadly-files-again": Mutant(
        "the same where a file is read again",
        "rooms",
        "open_rooms",
        "hot_folder.read_noted",
        "read",
        "deadly-again",
    ),
    "no-drain": Mutant(
        "SIGTERM lets what is under way finish",
        "daemon",
        "on_signal",
        "service.ask_to_stop()",
        "os._exit(3)",
        Aim("an order", (Strike("pipeline._submit.create_held", "after", "term"),)),
    ),
    "no-consent-check": Mutant(
        "that nobody who objects gets what is personal",
        "planning/campaigns/addressing",
        "unaddressed",
        "'' if marketing == 'allowed' else marketing",
        "''",
        Aim("who objects to marketing"),
    ),
}

AIMED = tuple(name for name, each in MUTANTS.items() if isinstance(each, Mutant) and isinstance(each.found_by, Aim))
