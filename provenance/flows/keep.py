"""Keeping content: the bytes first, then the row that says so."""

from django.db import IntegrityError, transaction

from provenance.assets.asset import Asset
from provenance.assets.storage import AssetStore
from provenance.models import StoredAsset


def keep(asset: Asset, store: AssetStore) -> StoredAsset:
    """Store the asset's content and row, or return what is there: one content is one row, however many bring
    it.

    The bytes are stored before the row appears, so a row always has its bytes; a run killed between leaves
    bytes that the next run of the same content uses. Raises ProvenanceError as `AssetStore.put` does.
    """
    known = StoredAsset.objects.filter(sha256=asset.sha256).first()
    if known is not None and store.exists(known.key):
        return known
    key = store.put(asset.path, asset.sha256)
    try:
        with transaction.atomic():
            row, _ = StoredAsset.objects.get_or_create(
                sha256=asset.sha256,
                defaults={
                    "size": asset.size,
                    "media_type": asset.media_type,
                    "medium": asset.medium.value,
                    "name": asset.name,
                    "key": key,
                },
            )
    except IntegrityError:
        # A parallel upload committed between the look-up and the insert.
        row = StoredAsset.objects.get(sha256=asset.sha256)
    return row
