"""Background work: which queue a task waits in, and what beat begins (after so many seconds each time)."""

from typing import Any

from celery.schedules import crontab

TRANSPORT = {
    # Longer than any task may take before it is handed to another worker; runs have their own heartbeat.
    "visibility_timeout": 12 * 3600,
    # A lost broker must not hold up a request: the sweeps below find what was not enqueued. One try; the
    # workers, who can wait, have a patience of their own.
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "max_retries": 0,
}

ROUTES = {
    "training.tasks.execute_run": {"queue": "train"},
    "training.tasks.execute_cross_fit": {"queue": "train"},
    "training.tasks.execute_curve": {"queue": "train"},
    "training.tasks.predict_*": {"queue": "predict"},
    "training.rounds.predict_*": {"queue": "predict"},
    "applications.finance_monitor.tasks.predict_*": {"queue": "predict"},
    "applications.tasks.predict_*": {"queue": "predict"},
    "applications.customer_service.tasks.predict_*": {"queue": "predict"},
    "applications.recommendation.tasks.predict_*": {"queue": "predict"},
    "applications.health_triage.tasks.predict_*": {"queue": "predict"},
    "applications.social_content.tasks.predict_*": {"queue": "predict"},
}

BEAT: dict[str, dict[str, Any]] = {
    "expire-leases": {"task": "tasks_app.tasks.expire_leases", "schedule": 15.0},
    "resume-imports": {"task": "tasks_app.tasks.resume_imports", "schedule": 30.0},
    "resume-protecting": {"task": "tasks_app.tasks.resume_protecting", "schedule": 30.0},
    "aggregate-waiting": {"task": "annotations.tasks.aggregate_waiting", "schedule": 10.0},
    "refit-projects": {"task": "annotations.tasks.refit_projects", "schedule": 60.0},
    "watch-anomalies": {"task": "annotations.tasks.watch_anomalies", "schedule": 600.0},
    "count-records": {"task": "annotations.tasks.count_records", "schedule": 600.0},
    "grant-earned": {"task": "annotations.tasks.grant_earned", "schedule": 300.0},
    "auto-approve": {"task": "annotations.tasks.auto_approve", "schedule": 300.0},
    "advance-setups": {"task": "applications.tasks.predict_advance_setups", "schedule": 3.0},
    "measure-applications": {"task": "applications.tasks.predict_measure_applications", "schedule": 60.0},
    "answers": {
        "task": "applications.customer_service.tasks.predict_answers",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    "calibrate-triage": {
        "task": "applications.health_triage.tasks.predict_calibrations",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    "calibrate-grading": {
        "task": "applications.education_grading.tasks.predict_grading_calibrations",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    "make-triage-tasks": {"task": "applications.health_triage.tasks.make_triage_tasks", "schedule": 60.0},
    "requeue-lost-runs": {"task": "training.tasks.requeue_lost_runs", "schedule": 15.0},
    "follow-feedback": {"task": "training.tasks.follow_feedback", "schedule": 30.0},
    "queue-rankings": {"task": "training.tasks.queue_rankings", "schedule": 60.0},
    "predict-waiting": {
        "task": "training.tasks.predict_waiting",
        "schedule": 15.0,
        "options": {"expires": 15},
    },
    "watch-rollouts": {
        "task": "training.tasks.predict_rollouts",
        "schedule": 20.0,
        "options": {"expires": 20},
    },
    "requeue-cross-fits": {"task": "training.tasks.requeue_cross_fits", "schedule": 60.0},
    "requeue-curves": {"task": "training.tasks.requeue_curves", "schedule": 60.0},
    "follow-erasures": {"task": "training.rounds.predict_erasures", "schedule": 60.0},
    "retrain": {"task": "training.rounds.retrain", "schedule": 60.0},
    "watch-drift": {"task": "training.rounds.watch_drift", "schedule": 1800.0},
    "recommendation-waiting": {
        "task": "applications.recommendation.tasks.predict_waiting",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    "watch-social-content": {
        "task": "applications.social_content.tasks.watch_social_content",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    "reconcile-payouts": {"task": "rewards.tasks.reconcile_payouts", "schedule": 120.0},
    "refund-finished": {"task": "tasks_app.tasks.refund_finished", "schedule": 600.0},
    "measure-rates": {"task": "annotations.tasks.measure_rates", "schedule": 60.0},
    "update-recognition": {"task": "annotations.tasks.update_recognition", "schedule": 60.0},
    "seal-audit": {"task": "common.tasks.seal_audit", "schedule": 10.0, "options": {"expires": 10}},
    "check-audit": {"task": "common.tasks.check_audit", "schedule": 60.0, "options": {"expires": 60}},
    # At night; beat's clock is UTC.
    "apply-retention": {"task": "privacy.tasks.apply_retention", "schedule": crontab(hour=2, minute=40)},
    "back-up-keys": {"task": "privacy.tasks.back_up_keys", "schedule": 3600.0},
    "carry-out-requests": {"task": "privacy.rounds.carry_out_requests", "schedule": 30.0},
    "send-notifications": {
        "task": "accounts.tasks.send_notifications",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    "send-request-mails": {"task": "privacy.rounds.send_request_mails", "schedule": 60.0},
    "watch-requests": {"task": "privacy.rounds.watch_requests", "schedule": 3600.0},
    "read-news": {"task": "applications.finance_monitor.tasks.read_waiting_texts", "schedule": 60.0},
    "pull-news": {"task": "applications.finance_monitor.tasks.pull_sources", "schedule": 60.0},
    "close-news-bins": {
        "task": "applications.finance_monitor.tasks.close_bins",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "forget-idempotency-keys": {"task": "common.tasks.forget_idempotency_keys", "schedule": 3600.0},
}
