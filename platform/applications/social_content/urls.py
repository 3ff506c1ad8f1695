"""Under projects/<uuid:project_id>/social-content/."""

from django.urls import path

from applications.social_content import views

urlpatterns = [
    path("", views.feed, name="social-content"),
    path("moderation/", views.moderation_queue, name="social-content-moderation"),
    path("moderation/<uuid:post_id>/decide/", views.decide, name="social-content-decide"),
    path("floor/", views.floor, name="social-content-floor"),
    path("floor/again/", views.floor_again, name="social-content-floor-again"),
    path("why/<str:token>/", views.why, name="social-content-why"),
]
