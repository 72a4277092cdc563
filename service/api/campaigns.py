"""`/campaigns`: clusters of near-duplicates in a tenant's own stream, with members, growth and sources."""

from ninja import Router

router = Router(tags=["campaigns"])
