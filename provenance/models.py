"""What the engine keeps in the database: which content is stored, and which trust lists are in force."""

from django.core.validators import MinLengthValidator, RegexValidator
from django.db import models

from provenance.assets.asset import Medium
from provenance.trust.lists import ListKind, TrustList

_HEX_64 = RegexValidator(r"\A[0-9a-f]{64}\Z", "Expected 64 lower-case hex digits.")


class StoredAsset(models.Model):
    """One content, once, whoever brought it. `key` is where the AssetStore holds it; `size` is in bytes."""

    sha256 = models.CharField(max_length=64, unique=True, validators=[_HEX_64])
    size = models.PositiveBigIntegerField()
    media_type = models.CharField(max_length=127)
    medium = models.CharField(max_length=16, choices=[(medium.value, medium.value) for medium in Medium])
    name = models.CharField(max_length=200)
    key = models.CharField(max_length=100)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.name} ({self.sha256[:12]})"


class TrustListRow(models.Model):
    """One version of one trust list. Old versions stay, inactive, so that an old verdict can be explained."""

    name = models.CharField(max_length=80, validators=[MinLengthValidator(1)])
    kind = models.CharField(max_length=16, choices=[(kind.value, kind.value) for kind in ListKind])
    version = models.CharField(max_length=80, blank=True)
    sha256 = models.CharField(max_length=64, validators=[_HEX_64])
    pem = models.BinaryField()
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["name", "kind"], condition=models.Q(active=True), name="one_active_version_of_a_list"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.version}".strip()

    def as_list(self) -> TrustList:
        """The engine's value of this row."""
        return TrustList(self.name, ListKind(self.kind), bytes(self.pem), self.sha256, self.version)
