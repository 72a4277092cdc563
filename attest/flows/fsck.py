"""Audit the whole log: rebuild it from its leaves, compare rows and files, and name what differs."""

from collections.abc import Iterator
from dataclasses import dataclass

from attest.errors import LogInconsistent, ProofInvalid
from attest.flows.append import opening_of
from attest.flows.fsck_signatures import row_of_note, signatures_that_differ
from attest.flows.head import compact_range_of
from attest.flows.repair import ahead_of_database
from attest.log.checkpoint import open_checkpoint
from attest.log.leaf import Kind, Leaf
from attest.log.merkle import CompactRange, leaf_hash, root_of
from attest.log.note import VerifierKey
from attest.log.store import TileStore
from attest.log.tiles import TILE_WIDTH, encode_entries, encode_hashes, entries_path, tile_path
from attest.models import CheckpointRow, LeafRow, LogHead, SubtreeRow


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as the leaves say: a stable code and a sentence that names it."""

    code: str
    sentence: str


def fsck(tile_store: TileStore, log_vkey: VerifierKey) -> list[Difference]:
    """Audit rows and files, changing nothing; an empty list is a clean log.

    Reads every leaf once, in batches; memory grows with n / 256 hashes. Appending meanwhile is harmless:
    only what the last checkpoint covered when the audit began is compared with the tiles.
    """
    audit = _Audit(tile_store, log_vkey)
    audit.run()
    return audit.found


class _Audit:
    def __init__(self, store: TileStore, vkey: VerifierKey) -> None:
        self.found: list[Difference] = []
        self._store = store
        self._vkey = vkey
        self._range = CompactRange()
        self._entries: list[bytes] = []
        self._levels: list[list[bytes]] = [[]]

    def _say(self, code: str, sentence: str) -> None:
        self.found.append(Difference(code, sentence))

    def run(self) -> None:
        head = LogHead.objects.filter(pk=1).first() or LogHead(pk=1)
        checkpoints = {row.size: row for row in CheckpointRow.objects.all()}
        sealed = max(checkpoints, default=0)
        for row in self._rows(head.size):
            self._check_row(row)
            data = bytes(row.data)
            self._range = self._range.append(leaf_hash(data))
            self._keep(data, self._range.size <= sealed)
            if self._range.size in checkpoints:
                self._check_checkpoint(checkpoints[self._range.size])
            if self._range.size == sealed:
                self._check_partial_tiles()
        if self._range.size < sealed:
            self._say("log_rolled_back", f"A checkpoint covers {sealed} leaves; {self._range.size} are here.")
        self._check_head(head)
        self._check_no_more_subtrees()
        self._check_published(checkpoints)
        self.found += [Difference(code, sentence) for code, sentence in signatures_that_differ()]

    def _rows(self, size: int) -> Iterator[LeafRow]:
        """The leaves in order, up to the first gap, which is named."""
        expected = 0
        rows = LeafRow.objects.filter(index__lt=size).order_by("index").select_related("revoked_by")
        for row in rows.prefetch_related("digests").iterator(chunk_size=1000):
            if row.index != expected:
                break
            yield row
            expected += 1
        if expected != size:
            self._say("leaf_missing", f"Leaf {expected} is missing; the log counts {size}.")
        beyond = LeafRow.objects.filter(index__gte=size).order_by("index").first()
        current = LogHead.objects.filter(pk=1).values_list("size", flat=True).first() or 0
        if beyond is not None and beyond.index >= current:
            self._say("leaf_beyond_head", f"Leaf {beyond.index} lies beyond the log's head of {current}.")

    def _check_row(self, row: LeafRow) -> None:
        data = bytes(row.data)
        if leaf_hash(data) != bytes(row.leaf_hash):
            self._say("leaf_hash_differs", f"The bytes of leaf {row.index} are not what was hashed.")
        try:
            leaf = Leaf.parse(data)
            opening = opening_of(row)
            if opening is not None:
                leaf.opened_by(opening)
        except (ProofInvalid, LogInconsistent) as error:
            code = "opening_differs" if error.code == "leaf_not_opened" else error.code
            self._say(code, f"Leaf {row.index}: {error}")
            return
        digests = {each.role for each in row.digests.all()}
        expected = set(leaf.commitments) if opening is not None else set()
        if digests != expected:
            self._say(
                "opening_differs", f"The stored digests of leaf {row.index} are not those it commits to."
            )
        if row.kind != leaf.kind:
            self._say("leaf_row_differs", f"Leaf {row.index} is a {leaf.kind}; its row says {row.kind}.")
        if row.created_at != leaf.issued:
            self._say("leaf_row_differs", f"The row of leaf {row.index} has another time than the leaf.")
        self._check_revocation(row, leaf)

    def _check_revocation(self, row: LeafRow, leaf: Leaf) -> None:
        if leaf.kind is Kind.REVOCATION and leaf.target_index is not None:
            target = LeafRow.objects.filter(index=leaf.target_index).first()
            if target is None or bytes(target.leaf_hash).hex() != leaf.target_hash:
                self._say("revocation_target_differs", f"Leaf {row.index} revokes a leaf that is not there.")
            elif target.revoked_by_id is None:
                self._say("revocation_not_marked", f"Leaf {target.index} is revoked, but its row is not.")
        if row.revoked_by is not None:
            try:
                revocation = Leaf.parse(bytes(row.revoked_by.data))
            except ProofInvalid:
                return  # Named when its own row is read.
            if revocation.target_index != row.index:
                self._say(
                    "revocation_not_logged", f"No leaf in the log revokes leaf {row.index} as its row says."
                )

    def _check_checkpoint(self, row: CheckpointRow) -> None:
        if self._range.root() != bytes(row.root):
            self._say("checkpoint_root_differs", f"The checkpoint of size {row.size} has another root.")
        try:
            noted = open_checkpoint(row.note, self._vkey)
        except ProofInvalid as error:
            self._say(error.code, f"The checkpoint of size {row.size}: {error}")
            return
        if (noted.size, noted.root) != (row.size, bytes(row.root)):
            self._say("checkpoint_note_differs", f"The note of checkpoint {row.size} says something else.")

    def _keep(self, data: bytes, sealed: bool) -> None:
        """Collect a leaf for its tile, and compare each tile that it completes."""
        if not sealed:
            return
        self._entries.append(data)
        self._levels[0].append(leaf_hash(data))
        if len(self._entries) == TILE_WIDTH:
            self._compare(entries_path(self._range.size // TILE_WIDTH - 1), encode_entries(self._entries))
            self._entries = []
        level, count = 0, self._range.size
        while count % TILE_WIDTH == 0:
            count //= TILE_WIDTH
            self._compare(tile_path(level, count - 1), encode_hashes(self._levels[level]))
            if level + 1 == len(self._levels):
                self._levels.append([])
            subtree = root_of(self._levels[level])
            self._check_subtree(8 * (level + 1), count - 1, subtree)
            self._levels[level + 1].append(subtree)
            self._levels[level] = []
            level += 1

    def _check_subtree(self, level: int, index: int, expected: bytes) -> None:
        stored = SubtreeRow.objects.filter(level=level, index=index).values_list("hash", flat=True).first()
        if stored is None or bytes(stored) != expected:
            self._say(
                "subtree_differs", f"The stored subtree {index} of level {level} does not fit its leaves."
            )

    def _check_partial_tiles(self) -> None:
        index = self._range.size // TILE_WIDTH
        if self._entries:
            self._compare(entries_path(index, len(self._entries)), encode_entries(self._entries))
        for level, hashes in enumerate(self._levels):
            if hashes:
                index = (self._range.size >> (8 * level)) // TILE_WIDTH
                self._compare(tile_path(level, index, len(hashes)), encode_hashes(hashes))

    def _compare(self, path: str, expected: bytes) -> None:
        try:
            data = self._store.read(path)
        except ProofInvalid:
            data = b""
        if data is None:
            self._say("tile_missing", f"The file {path} is missing.")
        elif data != expected:
            self._say("tile_differs", f"The file {path} holds other bytes than the log.")

    def _check_head(self, head: LogHead) -> None:
        try:
            differs = compact_range_of(head) != self._range
        except LogInconsistent:
            differs = True
        if differs:
            self._say("head_differs", "The log's head does not fit its leaves.")

    def _check_no_more_subtrees(self) -> None:
        size = LogHead.objects.filter(pk=1).values_list("size", flat=True).first() or 0
        for row in SubtreeRow.objects.iterator(chunk_size=1000):
            if (row.index + 1) << row.level > size:
                self._say("subtree_differs", f"Subtree {row.index} of level {row.level} has too few leaves.")

    def _check_published(self, checkpoints: dict[int, CheckpointRow]) -> None:
        ahead = ahead_of_database(self._store, self._vkey)
        if ahead is not None:
            self._say("log_rolled_back", ahead)
            return
        try:
            note = self._store.read_checkpoint()
        except UnicodeDecodeError:
            note = ""
        if note is None:
            if checkpoints:
                self._say("checkpoint_file_missing", "The checkpoint file is missing.")
            return
        # Read afresh: a seal or a witness may have gone on while the audit ran.
        published = row_of_note(note)
        if published is None:
            self._say("checkpoint_file_differs", "The published checkpoint is not one of the log's.")
        elif published.size < max(checkpoints, default=0):
            latest = CheckpointRow.objects.order_by("-size").first()
            if latest is not None and latest.size != published.size:
                self._say("checkpoint_file_behind", "The published checkpoint is not the latest.")
