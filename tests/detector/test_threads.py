from threadpoolctl import ThreadpoolController

from detector import threads


def test_numpy_computes_in_one_thread_and_faiss_keeps_its_own() -> None:
    import faiss  # noqa: F401 - so that its library is there to be left alone

    threads.one_thread.cache_clear()
    blas = ThreadpoolController().select(user_api="blas").lib_controllers
    before = {library.filepath: library.num_threads for library in blas}
    threads.one_thread()
    for library in ThreadpoolController().select(user_api="blas").lib_controllers:
        expected = before[library.filepath] if "faiss" in library.filepath else 1
        assert library.num_threads == expected
