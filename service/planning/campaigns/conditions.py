"""The conditions of rules: CEL, compiled once and tried on made-up facts, so that none can fail for its types later.

What is left to fail on a real order (the third line of an order of two, a division by zero) makes the condition
false: marketing never holds a note.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cel

from service.planning.campaigns.expressions import Values, facts_read, leaves_of, name_faults, parts_of
from service.planning.campaigns.facts import Facts, sample_facts
from service.planning.campaigns.impossible import impossible_faults
from service.planning.campaigns.unknowns import unknown_faults

FAILURES = (ArithmeticError, LookupError, TypeError, ValueError, RuntimeError)
"""What CEL raises for a condition that can't be answered."""
CANT_BE = (ArithmeticError, IndexError)  # for these values; what else it raises, it would raise for any


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled condition. `reads` are the facts that it names, as `order.value`."""

    source: str
    program: cel.Program
    reads: frozenset[str]

    def holds(self, context: cel.Context) -> bool:
        """Whether it is true of the facts in the context; what can't be answered is not."""
        try:
            return self.program.execute(context) is True
        except FAILURES:
            return False


def compile_condition(source: str) -> Condition:
    """A condition that `condition_faults` finds nothing in."""
    return Condition(source, cel.compile(source), facts_read(source))


def context_of(facts: Facts) -> cel.Context:
    """The facts, ready for any number of conditions."""
    return cel.Context(variables=facts)


def condition_faults(source: str, values: Values) -> tuple[str, ...]:
    """Why a condition can't be used: its syntax, its names, what it makes of made-up facts, or of what is unknown."""
    try:
        cel.compile(source)
    except ValueError as error:
        return (_first_fault(str(error)),)
    return (
        (*name_faults(source), *impossible_faults(source, values))
        or tuple(dict.fromkeys(_trial_faults(source)))
        or tuple(unknown_faults(source))
    )


def _first_fault(said: str) -> str:
    """`1:5: Syntax error: ...` of what CEL says about a text that is no condition."""
    return said.partition("ERROR: <input>:")[2].partition("\n")[0] or said.partition("\n")[0]


def _trial_faults(source: str) -> Iterator[str]:
    contexts = [context_of(sample_facts(number)) for number in (0, 1)]
    for leaf in leaves_of(source):
        program = cel.compile(leaf)
        for context in contexts:
            try:
                found = program.execute(context)
            except CANT_BE:
                continue
            except FAILURES as error:
                yield f"{leaf}: {str(error).partition('. ')[0]}"
                break
            if not isinstance(found, bool):
                yield f"{leaf} is neither true nor false"
                break


# Why -----------------------------------------------------------------------------------------------------------------


def first_unmet(condition: Condition, context: cel.Context) -> str:
    """The first of its `&&` parts that is not true, or can't be answered; empty if all are."""
    parts = parts_of(condition.source)
    return next((part for part in parts if not compile_condition(part).holds(context)), "")
