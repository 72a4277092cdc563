"""The Django project: everything that faces people, machines and queues."""
