import pytest
import torch

from detector.fingerprints.precision import choose


@pytest.mark.parametrize(
    ("amx", "avx512", "bfloat16"), [(True, False, True), (False, True, True), (False, False, False)]
)
def test_a_cpu_computes_in_bfloat16_only_where_it_multiplies_it(
    monkeypatch: pytest.MonkeyPatch, amx: bool, avx512: bool, bfloat16: bool
) -> None:
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: avx512)
    chosen = choose("cpu")
    assert chosen.bfloat16 is bfloat16
    assert "this CPU" in chosen.reason


def test_a_device_that_nobody_measured_keeps_to_full_width() -> None:
    assert not choose("mps").bfloat16
