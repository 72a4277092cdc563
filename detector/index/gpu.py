"""FAISS on a GPU, where the installed FAISS was built for one."""

from typing import Any

import faiss

MOST_ASKED = 2048
"""FAISS returns no more than this for one query from a GPU."""


def count() -> int:
    """How many GPUs FAISS can use: 0 with the package faiss-cpu."""
    return int(faiss.get_num_gpus()) if hasattr(faiss, "StandardGpuResources") else 0


def copied(index: Any, device: str) -> Any | None:
    """`index` on the GPU that `device` names ("cuda", "cuda:1"), or None: it stays on the CPU."""
    if not device.startswith("cuda") or not count():
        return None
    number = int(device.partition(":")[2] or 0)
    return faiss.index_cpu_to_gpu(faiss.StandardGpuResources(), number, index)
