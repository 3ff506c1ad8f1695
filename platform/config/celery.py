import os

from celery import Celery, signals

from common import workers
from common.leaving import end_if_orphaned, watch_supervisor

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("manyhands")
app.config_from_object("django.conf:settings", namespace="CELERY")
signals.worker_init.connect(watch_supervisor)
signals.beat_init.connect(watch_supervisor)
signals.worker_shutting_down.connect(end_if_orphaned)
signals.worker_ready.connect(workers.on_ready)
signals.heartbeat_sent.connect(workers.on_heartbeat)
signals.worker_shutdown.connect(workers.on_shutdown)
app.autodiscover_tasks()
# Rounds that start work through services, which in turn know the tasks: they cannot stand among them.
app.autodiscover_tasks(related_name="rounds")
