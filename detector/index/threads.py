"""How many threads FAISS uses for one of ours."""

import faiss


def one_thread() -> None:
    """Let FAISS use one thread for what the calling thread asks; OpenMP keeps that number for each thread
    apart.

    FAISS shares a search out by queries, and we ask one at a time from threads of our own. With OpenMP's, a
    query over 25 codes took 2 to 9 ms of waiting beside torch's on two busy cores, and 0.004 ms without.
    """
    faiss.omp_set_num_threads(1)
