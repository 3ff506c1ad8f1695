"""Under /api/v1/projects/<uuid:project_id>/social-content/."""

from django.urls import path

from applications.social_content import api

urlpatterns = [
    path("posts", api.PostsApi.as_view()),
    path("posts/<str:key>", api.PostApi.as_view()),
    path("people", api.PeopleApi.as_view()),
    path("people/forget", api.ForgetPersonApi.as_view()),
    path("feed", api.FeedApi.as_view()),
    path("moderation", api.ModerationApi.as_view()),
    path("moderation/<uuid:post_id>/decide", api.DecideApi.as_view()),
    path("figures", api.FiguresApi.as_view()),
    path("floor", api.FloorApi.as_view()),
]
