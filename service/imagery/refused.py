"""Why a picture is not taken."""


class PictureRefused(Exception):
    """One original can't be made into a picture for notes: a stable code for lists, and a sentence for its owner.

    The sentence names no file and nothing from inside the file. It crosses the border of a worker process.
    """

    def __init__(self, code: str, what: str) -> None:
        super().__init__(code, what)
        self.code = code
        self.what = what

    def __str__(self) -> str:
        return f"{self.code}: {self.what}"
