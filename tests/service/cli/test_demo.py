"""`assay demo` tells its whole story, and a surprise in it is named."""

from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from attest.errors import AttestError
from attest.registry import embedded
from service.cli.demo.checks import Surprise, Told, expect


@pytest.mark.slow
@pytest.mark.network
def test_the_demo_ends_with_its_table_and_the_gas(assay: Any) -> None:
    try:
        embedded.binary()
    except AttestError as error:
        pytest.skip(str(error))
    run = assay("demo")
    assert run.code == 0, run.out + run.err
    for words in (
        "CC BY 2.0",
        "china.signed.jpg",
        "refused",
        "attested copy",
        "a campaign of 30",
        "per item",
    ):
        assert words in run.out
    assert "Traceback" not in run.err


def test_a_surprise_is_named() -> None:
    with pytest.raises(Surprise, match="registry of x: expected attested, got none"):
        expect("registry of x", "none", "attested")
    expect("either", "b", ("a", "b"))


def test_the_story_shows_names_as_they_are() -> None:
    out = StringIO()
    told = Told(Console(file=out, width=80))
    told.line("a\x1b[31m")
    assert "\x1b" not in out.getvalue()
