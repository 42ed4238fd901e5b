"""Files and functions stay small enough to be read in one go; whoever needs more says why, here, in one line."""

from functools import cache

from tests.architecture.source_tree import Function, Source, functions, sources

DOMAIN_LINES = 150
FILE_LINES = 250
TEST_LINES = 400
FUNCTION_LINES = 40
ARGUMENTS = 6

# Path, and why this file reads better whole. Keep it short: an entry is a debt, not a right.
LONGER_FILES: dict[str, str] = {}

# Path::function, and why this function reads better whole.
LONGER_FUNCTIONS: dict[str, str] = {}


def everything() -> list[Source]:
    """Give every file of ours."""
    return sources("services/kindline", "tests")


@cache
def every_function() -> list[Function]:
    """Give every function of ours."""
    return [function for source in everything() for function in functions(source)]


def budget(source: Source) -> int:
    """Give the number of lines that a file of this kind may have."""
    if source.is_test:
        return TEST_LINES
    return DOMAIN_LINES if source.is_domain else FILE_LINES


def arguments(function: Function) -> int:
    """Count the arguments that a caller has to think of: self and cls are none of them."""
    every = function.node.args.posonlyargs + function.node.args.args + function.node.args.kwonlyargs
    return sum(argument.arg not in {"self", "cls"} for argument in every)


def test_every_file_can_be_read_in_one_go() -> None:
    """No file is longer than its budget unless this page says why."""
    too_long = [
        f"{source.path}: {source.lines} lines, the budget is {budget(source)}"
        for source in everything()
        if source.lines > budget(source) and source.path not in LONGER_FILES
    ]
    assert too_long == []


def test_every_function_can_be_read_in_one_go() -> None:
    """No function has more than forty lines, its docstring not counted, unless this page says why."""
    too_long = [
        f"{function.place}: {function.lines} lines, the budget is {FUNCTION_LINES}"
        for function in every_function()
        if function.lines > FUNCTION_LINES and function.place not in LONGER_FUNCTIONS
    ]
    assert too_long == []


def test_no_function_asks_for_more_than_six_things() -> None:
    """No function has more than six arguments: beyond that they have a name of their own."""
    too_many = [
        f"{function.place}: {arguments(function)}" for function in every_function() if arguments(function) > ARGUMENTS
    ]
    assert too_many == []


def test_an_exception_is_given_back_when_nobody_needs_it() -> None:
    """An allowance that is no longer used is taken off the list."""
    needed = {source.path for source in everything() if source.lines > budget(source)}
    needed |= {function.place for function in every_function() if function.lines > FUNCTION_LINES}
    assert {*LONGER_FILES, *LONGER_FUNCTIONS} - needed == set()
