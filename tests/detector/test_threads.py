import faiss
import numpy as np
from threadpoolctl import threadpool_info

from detector import threads


def _blas() -> dict[str, int]:
    return {each["filepath"]: each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"}


def test_numpy_computes_in_one_thread_and_faiss_keeps_its_own() -> None:
    assert faiss.IndexFlatL2(2).ntotal == int(np.zeros(1) @ np.zeros(1))  # both are loaded
    before = _blas()
    threads.one_thread()
    after = _blas()
    assert {place: count for place, count in before.items() if "/numpy.libs/" not in place} == {
        place: count for place, count in after.items() if "/numpy.libs/" not in place
    }
    assert all(count == 1 for place, count in after.items() if "/numpy.libs/" in place)
