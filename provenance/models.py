"""What the engine keeps in the database: which content is stored, and which trust lists are in force."""

from django.core.validators import MinLengthValidator, RegexValidator
from django.db import models

from provenance.assets.asset import Medium
from provenance.trust.lists import ListKind, TrustList
from provenance.trust.products import ProductList, parse_products

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


class _ListVersion(models.Model):
    """One version of one list. Old versions stay, inactive, so that an old verdict can be explained.

    In force from `created_at` until `retired_at`; see `TrustList` for what the list says of itself.
    """

    name = models.CharField(max_length=80, validators=[MinLengthValidator(1)])
    version = models.CharField(max_length=80, blank=True)
    sha256 = models.CharField(max_length=64, validators=[_HEX_64])
    issued = models.DateTimeField(null=True)
    source = models.CharField(max_length=500, blank=True)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True
        ordering = ["name", "-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.name} {self.version}".strip()


class TrustListRow(_ListVersion):
    """One version of one trust list."""

    kind = models.CharField(max_length=16, choices=[(kind.value, kind.value) for kind in ListKind])
    pem = models.BinaryField()
    sequence = models.BigIntegerField(null=True)
    next_update = models.DateTimeField(null=True)
    left_out = models.JSONField(default=list)

    class Meta(_ListVersion.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["name", "kind"], condition=models.Q(active=True), name="one_active_version_of_a_list"
            )
        ]

    def as_list(self) -> TrustList:
        """The engine's value of this row."""
        return TrustList(
            name=self.name,
            kind=ListKind(self.kind),
            pem=bytes(self.pem),
            sha256=self.sha256,
            version=self.version,
            issued=self.issued,
            next_update=self.next_update,
            source=self.source,
            sequence=self.sequence,
            left_out=tuple(self.left_out),
        )


class ProductListRow(_ListVersion):
    """One version of one list of conforming products, as it was published."""

    document = models.BinaryField()

    class Meta(_ListVersion.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["name"],
                condition=models.Q(active=True),
                name="one_active_version_of_a_product_list",
            )
        ]

    def as_list(self) -> ProductList:
        """The engine's value of this row."""
        return parse_products(self.name, bytes(self.document), self.version, self.source)
