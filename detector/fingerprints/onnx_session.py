"""Networks opened in ONNX Runtime. Only this file knows onnxruntime."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from detector.errors import ModelUnavailable


def open_session(
    content: bytes, kind: str, device: str = "cpu", threads: int = 0, beside: Path | None = None
) -> Any:
    """An InferenceSession of the graph `content`; safe to share between threads.

    `device` "cpu", "cuda" or "cuda:1"; empty means CUDA where ONNX Runtime has it, else the CPU; others (as
    "mps") mean the CPU. `threads` bounds the threads of one call, 0 leaves the choice. `beside` is the folder
    of the files that the graph's weights lie in, where they are not in the graph itself; `kind` is what the
    model reads, for the sentence of an error. Raises ModelUnavailable.
    """
    try:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        # Threads that wait for work by spinning take the cores from the processes that decode.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        if beside is not None:
            options.add_session_config_entry(
                "session.model_external_initializers_file_folder_path", str(beside)
            )
        providers = _providers(device, onnxruntime.get_available_providers())
        return onnxruntime.InferenceSession(content, options, providers=providers)
    except ModelUnavailable:
        raise
    except Exception as error:  # ONNX Runtime's own exceptions share no base but this
        raise ModelUnavailable(f"The {kind} model could not be loaded: {error}") from error


def _providers(device: str, available: Sequence[str]) -> list[str | tuple[str, dict[str, int]]]:
    """ONNX Runtime's execution providers for a device. Raises ModelUnavailable for CUDA where it has none."""
    kind, _, number = device.partition(":")
    if kind not in ("", "cuda") or (not kind and "CUDAExecutionProvider" not in available):
        return ["CPUExecutionProvider"]
    if "CUDAExecutionProvider" not in available:
        raise ModelUnavailable(
            "DEVICE asks for CUDA, which this ONNX Runtime lacks: install onnxruntime-gpu, or set DEVICE=cpu."
        )
    return [("CUDAExecutionProvider", {"device_id": int(number or 0)}), "CPUExecutionProvider"]
