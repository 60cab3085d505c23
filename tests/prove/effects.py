"""The effects of the service, found in its source: each call that changes a disk, the ledger, CUPS or a printer.

Each has a name, MODULE.FUNCTION.CALL, and two moments, before and after it: these are the failpoints. Nothing of them
stands in the service. `instrumented` wraps every effect of a module's syntax tree, and the rig loads the service that
way (under_test.py); as it is installed, the service has no trace of them and pays nothing.

What counts is said here once. A call that could be an effect and is of no kind known here is `unnamed`: a test wants
that to be empty, so an effect that goes out in a new way can't be forgotten.
"""

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SERVICE = Path(__file__).parent.parent.parent / "service"
# Whatever has effects while the service runs, and what commands write into the spool and the ledger.
ROOMS = (
    *("files", "drops", "decisions", "queue_decisions", "packing", "metrics", "pipeline", "tracking", "daemon"),
    *("intake/archive", "intake/asked", "intake/copies", "intake/deadly", "intake/guard", "intake/hot_folder"),
    *("intake/receipts", "intake/spool", "intake/reading", "intake/settling", "intake/watch"),
    *("lanes", "delivery", "reload", "signs", "receiving", "remedies", "taking_back", "requests", "customers"),
    *("ledger/ledger", "ledger/opening", "ledger/queues", "ledger/writer"),
    *("ledger/vouchers", "ledger/campaigns", "ledger/erasing"),
    *("printing/cups_printer", "printing/cupsd", "printing/device", "printing/folder", "printing/ipp_client"),
    *("printing/queue_printers", "printing/watched", "queue_watch", "standing_still", "clock", "faults", "erasing"),
    "standings",
    *("content/shelf", "content/unpacking", "recommending/model_file", "cli/drops"),
)
LEFT_OUT = {  # modules with effects, and why the rig need not come between them
    "imagery/": "the picture library has one writer, `images sync`, with kills of its own (test_imagery_kill.py)",
    "printing/queues_cups": "`printers apply` changes queues of CUPS, nothing of an order",
    "printing/punctual": "the bytes of a request to CUPS: the request has its failpoints",
    "rendering/pool": "a copy of the layouts in /tmp, for as long as the service lives",
    "worker_process": "the limits of a render worker, and its end",
    "journal": "a line of the log",
    "cli/main": "standard output that nobody reads any more",
    "cli/content": "drawings of a pack, in a folder for as long as the command takes",
    "cli/content_proofs": "the same",
    "cli/proof": "a document where somebody wants it: `preview`, `proof`",
}

DISK, LEDGER, CUPS = "disk", "ledger", "cups"
OS_EFFECTS = frozenset({"fsync", "ftruncate", "pwrite", "utime", "chown", "fchown", "fchmod"})
OS_HARMLESS = frozenset(
    {"open", "close", "fdopen", "stat", "fstat", "statvfs", "scandir", "read", "pread", "access", "getpid", "geteuid"}
    | {"fsencode", "fsdecode", "listdir", "lstat", "readlink", "strerror", "getuid"}
)
PATH_EFFECTS = frozenset({"rename", "unlink", "symlink_to", "mkdir", "chmod", "rmdir"})
OUR_WAYS = frozenset({"write_whole", "write_aside", "fsync_folder"})
WRITER_METHODS = frozenset({"_write", "_move", "_step"})
PRINTER_METHODS = frozenset({"create_held", "release", "discard_held", "cancel", "withdraw", "look_up", "look_at"})
WAYS_NOT_TAKEN = frozenset(
    {"write_text", "write_bytes", "touch", "hardlink_to", "link_to", "lchmod", "sendall", "sendmsg", "renames"}
    | {"copyfile", "copytree", "removedirs", "truncate", "executescript", "commit", "writelines", "request"}
)
MODULES_NOT_TAKEN = frozenset({"shutil", "subprocess", "tempfile", "sqlite3"})  # but for shutil.rmtree
WRITES = frozenset("wax+")


@dataclass(frozen=True, slots=True)
class Effect:
    """A place where something goes out; `kind` is disk, ledger or cups. `is_sync`: it makes something durable."""

    name: str
    kind: str
    line: int
    is_sync: bool = False


@cache
def effects() -> tuple[Effect, ...]:
    """All of them, in the order of the rooms and lines."""
    return tuple(effect for room in ROOMS for effect in effects_of(room_tree(room), room))


def is_left_out(room: str) -> bool:
    """True for a module that LEFT_OUT names, by itself or with its folder."""
    return any(room == named or (named.endswith("/") and room.startswith(named)) for named in LEFT_OUT)


def effects_of(tree: ast.Module, room: str) -> list[Effect]:
    """The effects of one module."""
    finder = _Wrapping(room)
    finder.visit(tree)
    return finder.found


def room_tree(room: str) -> ast.Module:
    return ast.parse((SERVICE / f"{room}.py").read_text(encoding="utf-8"))


def instrumented(tree: ast.Module, room: str) -> ast.Module:
    """The same module, with both moments of each effect in it."""
    wrapped = _Wrapping(room).visit(tree)
    place = 1 if ast.get_docstring(tree) else 0
    wrapped.body.insert(
        place, ast.parse("from tests.prove.failpoints import at_effect as _at, reach as _reach").body[0]
    )
    return ast.fix_missing_locations(wrapped)


def unnamed(tree: ast.Module, room: str) -> Iterator[str]:
    """Calls that may be effects of a kind that is not known here, as `room:line call`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module in MODULES_NOT_TAKEN:
            yield f"{room}:{node.lineno} from {node.module} import"
        if isinstance(node, ast.Call) and (said := _suspicious(node)):
            yield f"{room}:{node.lineno} {said}"


def _suspicious(call: ast.Call) -> str:
    match call.func:
        case ast.Attribute(value=ast.Name(id="os"), attr=name) if name not in OS_EFFECTS | OS_HARMLESS | {"replace"}:
            return f"os.{name}"
        case ast.Attribute(value=ast.Name(id=module), attr=name) if module in MODULES_NOT_TAKEN:
            return "" if name in ("rmtree", "Error") else f"{module}.{name}"
        case ast.Attribute(attr=name) if name in WAYS_NOT_TAKEN:
            return f".{name}"
        case ast.Name(id="open") if _opens_to_write(call):
            return "open"
    return ""


def _opens_to_write(call: ast.Call) -> bool:
    modes = [each.value for each in call.args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    return any(set(mode) <= set("rwaxbt+") and WRITES & set(mode) for mode in modes)


class _Wrapping(ast.NodeTransformer):
    """Walks a module, names each effect and wraps it."""

    def __init__(self, room: str) -> None:
        self.found: list[Effect] = []
        self._room = room
        self._inside: list[str] = []
        self._count: Counter[str] = Counter()

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        return self._visit_within(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._visit_within(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        said = _effect_said(node, self._room)
        if said is None:
            return node
        what, kind = said
        name = self._name(what, kind, node.lineno, is_sync=_makes_durable(what, node))
        late = ast.Lambda(args=_no_arguments(), body=node)
        wrapped = ast.Call(func=ast.Name("_at", ast.Load()), args=[*_constants(name, kind), late], keywords=[])
        return ast.copy_location(wrapped, node)

    def visit_With(self, node: ast.With) -> ast.AST | list[ast.AST]:
        """A transaction is an effect when it ends: between its last statement and its commit, and after that."""
        self.generic_visit(node)
        opened = node.items[-1].context_expr
        if not (self._room == "ledger/writer" and isinstance(opened, ast.Call) and _called(opened) == "begin"):
            return node
        name = self._name("commit", LEDGER, node.lineno)
        node.body.append(_reached(name, LEDGER, "before"))
        return [node, _reached(name, LEDGER, "after")]

    def _visit_within(self, node: ast.ClassDef | ast.FunctionDef) -> ast.AST:
        self._inside.append(node.name)
        self.generic_visit(node)
        self._inside.pop()
        return node

    def _name(self, what: str, kind: str, line: int, *, is_sync: bool = False) -> str:
        functions = [name for name in self._inside if name not in ("Pipeline", "Ledger", "Tracking")]
        name = ".".join((self._room.replace("/", "."), *functions, what.lstrip("_")))
        self._count[name] += 1
        if self._count[name] > 1:
            name = f"{name}-{self._count[name]}"
        self.found.append(Effect(name, kind, line, is_sync))
        return name


def _effect_said(call: ast.Call, room: str) -> tuple[str, str] | None:
    """(what, kind) of a call that is an effect."""
    name = _called(call)
    on = call.func.value if isinstance(call.func, ast.Attribute) else None
    if isinstance(on, ast.Name) and on.id == "os":
        creates = name == "open" and "O_CREAT" in ast.unparse(call)
        return (name, DISK) if name in OS_EFFECTS or creates else None
    if on is None:
        return (name, DISK) if name in OUR_WAYS else None
    if (name == "rmtree" and ast.unparse(on) == "shutil") or (name == "open" and _opens_to_write(call)):
        return name, DISK
    if name == "change" and ast.unparse(on) == "ledger":
        return name, LEDGER
    if name in PATH_EFFECTS or _renames_over(call) or (name == "write" and ast.unparse(on) == "file"):
        return name, DISK
    if room == "ledger/ledger" and name in WRITER_METHODS:
        return name, LEDGER
    if (room == "printing/cupsd" and name == "_ask") or (room == "printing/device" and name == "ask"):
        return name, CUPS
    if name in PRINTER_METHODS and ast.unparse(on).endswith("printer"):
        return name, CUPS
    return None


def _makes_durable(what: str, call: ast.Call) -> bool:
    if what == "write_aside":
        return not any(word.arg == "durable" and ast.unparse(word.value) == "False" for word in call.keywords)
    return what in ("fsync", "fsync_folder", "write_whole")


def _renames_over(call: ast.Call) -> bool:
    """Path.replace has one argument; that of a text has two, that of a time has names."""
    return _called(call) == "replace" and len(call.args) == 1 and not call.keywords


def _called(call: ast.Call) -> str:
    match call.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""


def _reached(name: str, kind: str, moment: str) -> ast.Expr:
    return ast.Expr(ast.Call(ast.Name("_reach", ast.Load()), [*_constants(name, kind), ast.Constant(moment)], []))


def _constants(*values: str) -> list[ast.expr]:
    return [ast.Constant(value) for value in values]


def _no_arguments() -> ast.arguments:
    return ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
