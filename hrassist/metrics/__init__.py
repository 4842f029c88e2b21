"""What the processes count and what the database knows, as Prometheus reads it from `manage.py metrics`."""
