"""The page on the report names everything that a report can say."""

import dataclasses
import re
from enum import StrEnum
from pathlib import Path

import pytest

from attest.standing import Finality
from provenance.inspection.inspection import Credential, History, Origin, Revocation, SigningTime
from service.policy import Action
from service.report import CredentialAxis, Registry, Report
from service.times import Kind

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "formats" / "report.md").read_text()


@pytest.mark.parametrize(
    "axis", [Credential, Revocation, SigningTime, History, Origin, Registry, Finality, Action, Kind]
)
def test_every_value_of_an_axis_is_described(axis: type[StrEnum]) -> None:
    assert [value for value in axis if f"`{value}`" not in PAGE] == []


@pytest.mark.parametrize("value", [Report, CredentialAxis])
def test_every_field_of_the_report_is_described(value: type) -> None:
    described = set(re.findall(r"`([a-z_0-9]+)`", PAGE))
    assert [field.name for field in dataclasses.fields(value) if field.name not in described] == []


def test_every_reason_of_the_policy_is_described() -> None:
    source = (ROOT / "service" / "policy.py").read_text()
    codes = set(re.findall(r"(?:Action\.[A-Z]+,|action,|else)\s+\"([a-z_]+)\"", source))
    codes |= {"attested_copy", "near_duplicate"}
    assert len(codes) >= 14
    assert [code for code in codes if f"`{code}`" not in PAGE] == []
