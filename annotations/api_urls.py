from django.urls import path

from annotations.api import submission

urlpatterns = [
    path("assignments/<uuid:assignment_id>/submit", submission.SubmitApi.as_view(), name="api-submit"),
]
