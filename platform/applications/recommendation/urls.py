"""Under projects/<uuid:project_id>/recommendation/."""

from django.urls import path

from applications.recommendation import views

urlpatterns = [
    path("", views.page, name="recommendation"),
    path("list/", views.ranked, name="recommendation-list"),
    path("upload/", views.upload, name="recommendation-upload"),
    path("mixture/", views.mixture, name="recommendation-mixture"),
    path("learn/", views.learn, name="recommendation-learn"),
    path("tasks/", views.make_tasks, name="recommendation-tasks"),
    path("dismiss/", views.dismiss, name="recommendation-dismiss"),
]
