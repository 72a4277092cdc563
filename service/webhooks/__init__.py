"""Telling an account's own server what became of its attestations, in the manner of Standard Webhooks."""

from service.webhooks.delivery import DELIVER, DeliveryFailed, deliver, go_on
from service.webhooks.events import collect
from service.webhooks.subscription import described, remove, subscribe

__all__ = ["DELIVER", "DeliveryFailed", "collect", "deliver", "described", "go_on", "remove", "subscribe"]
