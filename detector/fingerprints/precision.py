"""Which numbers a model computes with on a device, and why."""

from dataclasses import dataclass

from llvmlite import binding


@dataclass(frozen=True, slots=True)
class Precision:
    """`bfloat16`: half-width numbers with 32-bit sums (cosine to full width 0.9999 for MiniLM); else float32.

    `reason` is a few words for a person.
    """

    bfloat16: bool
    reason: str


def choose(device: str) -> Precision:
    """bfloat16 where the device multiplies it in hardware: AMX or AVX512-BF16 on a CPU, CUDA from Ampere on.

    Elsewhere it is emulated: on a CPU with AVX2 alone it took 6 to 15 times as long as float32.
    Raises ImportError for CUDA without torch.
    """
    if device.startswith("cuda"):
        import torch

        if torch.cuda.is_available() and torch.cuda.is_bf16_supported(including_emulation=False):
            return Precision(True, "bfloat16: this GPU multiplies it")
        return Precision(False, "float32: this GPU has no bfloat16")
    if device not in ("", "cpu"):
        return Precision(False, f"float32: bfloat16 is not measured on {device}")
    features = binding.get_host_cpu_features()
    if features.get("amx-bf16"):
        return Precision(True, "bfloat16: this CPU has AMX")
    if features.get("avx512bf16"):
        return Precision(True, "bfloat16: this CPU has AVX512-BF16")
    return Precision(False, "float32: this CPU has neither AMX nor AVX512-BF16")
