"""A request reads what its user may do once, however often it is asked."""

import pytest
from django.test import Client

from accounts import roles
from accounts.models import Role, User
from common.ids import uuid7
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def test_the_user_of_a_request_is_read_once(django_assert_num_queries) -> None:
    user = make_user()
    scope = uuid7()
    roles.grant(user, Role.REVIEWER, scope)
    asking = User.objects.get(pk=user.pk)
    asking.asks = True
    with django_assert_num_queries(1):
        assert roles.roles_in(asking, scope) == {Role.REVIEWER}
        assert roles.roles_in(asking, uuid7()) == set()
        assert Role.REVIEWER in roles.roles_anywhere(asking)
        assert Role.REVIEWER not in roles.site_roles(asking)


def test_a_role_that_is_given_meanwhile_counts() -> None:
    asking = User.objects.get(pk=make_user().pk)
    asking.asks = True
    assert Role.ADMIN not in roles.site_roles(asking)
    roles.grant(asking, Role.ADMIN)
    assert Role.ADMIN in roles.site_roles(asking)


def test_elsewhere_each_question_is_asked_anew() -> None:
    user = make_user()
    assert Role.ADMIN not in roles.site_roles(user)
    roles.grant(User.objects.get(pk=user.pk), Role.ADMIN)
    assert Role.ADMIN in roles.site_roles(user)


def test_pages_ask_for_roles_once(django_assert_max_num_queries, admin_page) -> None:
    with django_assert_max_num_queries(15) as seen:
        assert admin_page.get("/training/").status_code == 200
    assert sum("accounts_membership" in query["sql"] for query in seen.captured_queries) == 1


@pytest.fixture
def admin_page() -> Client:
    admin = make_user()
    roles.grant(admin, Role.ADMIN)
    page = Client()
    page.force_login(admin)
    page.get("/training/")
    return page
