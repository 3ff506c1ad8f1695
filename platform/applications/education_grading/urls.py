"""Under projects/<uuid:project_id>/education-grading/."""

from django.urls import path

from applications.education_grading import learner_views, views

urlpatterns = [
    path("", views.queue, name="education-grading"),
    path("answers/<uuid:submission_id>/decide/", views.decide_answer, name="grading-decide"),
    path("questions/", views.questions, name="grading-questions"),
    path("questions/<uuid:question_id>/", views.hand_in_page, name="grading-question"),
    path("class/", views.overview, name="grading-class"),
    path("class/export/", views.export, name="grading-export"),
    path("class/teach/", views.teach_models, name="grading-teach"),
    path("release/", views.release, name="grading-release"),
    path("learner/<str:token>/", learner_views.answer, name="grading-learner"),
]
