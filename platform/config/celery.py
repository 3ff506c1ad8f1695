import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("manyhands")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# Rounds that start work through services, which in turn know the tasks: they cannot stand among them.
app.autodiscover_tasks(related_name="rounds")
