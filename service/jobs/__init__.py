"""The job table (lease, heartbeat, retry, sweep) and the Celery tasks that dispatch from it."""
