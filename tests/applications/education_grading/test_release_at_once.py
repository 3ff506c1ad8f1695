from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections, transaction

from applications.education_grading.models import ReleaseRule
from applications.education_grading.services.release import set_release
from tests.at_locks import wait_until_it_waits
from tests.factories import make_project


@pytest.mark.django_db(transaction=True)
def test_of_two_who_set_what_is_released_neither_undoes_the_other():
    project = make_project()

    def second():
        try:
            set_release(project=project, actor=project.owner, is_on=False, kappa=0.5)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            set_release(project=project, actor=project.owner, is_on=False, far=0.02)
            waits = pool.submit(second)
            wait_until_it_waits()
        waits.result(timeout=60)
    rule = ReleaseRule.objects.get(project=project)
    assert (rule.far, rule.kappa) == (0.02, 0.5)
