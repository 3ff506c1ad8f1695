from uuid import UUID

from annotations import consensus, fitting


def refit_project(project_id: UUID) -> None:
    """Fit everybody's skill now and decide what can be decided. Waits while another fit is under way."""
    fitting.refit(project_id, wait=True)
    consensus.sweep(project_id, wait=True)
