import pytest
from llvmlite import binding

from detector.fingerprints.precision import choose


@pytest.mark.parametrize(
    ("amx", "avx512", "bfloat16"), [(True, False, True), (False, True, True), (False, False, False)]
)
def test_a_cpu_computes_in_bfloat16_only_where_it_multiplies_it(
    monkeypatch: pytest.MonkeyPatch, amx: bool, avx512: bool, bfloat16: bool
) -> None:
    features = {"amx-bf16": amx, "avx512bf16": avx512}
    monkeypatch.setattr(binding, "get_host_cpu_features", lambda: features)
    chosen = choose("cpu")
    assert chosen.bfloat16 is bfloat16
    assert "this CPU" in chosen.reason


def test_a_device_that_nobody_measured_keeps_to_full_width() -> None:
    assert not choose("mps").bfloat16
