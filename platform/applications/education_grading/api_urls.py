"""Under /api/v1/projects/<uuid:project_id>/education-grading/."""

from django.urls import path

from applications.education_grading import api

urlpatterns = [
    path("questions", api.QuestionsApi.as_view()),
    path("submissions", api.SubmissionsApi.as_view()),
    path("submissions/<uuid:submission_id>", api.SubmissionApi.as_view()),
    path("submissions/<uuid:submission_id>/decide", api.DecideApi.as_view()),
    path("queue", api.QueueApi.as_view()),
    path("figures", api.FiguresApi.as_view()),
    path("release", api.ReleaseApi.as_view()),
    path("teach", api.TeachApi.as_view()),
]
