"""The rows of provenance: content kept by digest, and trust lists by version."""

from django.db import models
from django.utils import timezone


class StoredAsset(models.Model):
    """Content we keep, once per digest however many times it was uploaded. `key` is its place in the storage."""

    sha256 = models.CharField(max_length=64, unique=True)
    size = models.BigIntegerField()
    media_type = models.CharField(max_length=100)
    medium = models.CharField(max_length=16)
    name = models.CharField(max_length=300)
    key = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.name} ({self.sha256[:12]})"


class TrustListRow(models.Model):
    """One version of one trust list. `sha256` is of `pem` as given."""

    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=16)
    version = models.CharField(max_length=50)
    sha256 = models.CharField(max_length=64)
    pem = models.BinaryField()
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "sha256"], name="provenance_trustlist_version")]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"
