from django.urls import path

from annotations import method_views, quality_views, views

urlpatterns = [
    path("work/", views.my_work, name="my-work"),
    path("work/<uuid:answer_id>/appeal/", views.appeal, name="appeal"),
    path("review/", views.review_projects, name="review"),
    path("projects/<uuid:project_id>/review/", views.review_queue, name="project-review"),
    path("review/<uuid:consensus_id>/decide/", views.decide, name="review-decide"),
    path("appeals/<uuid:appeal_id>/decide/", views.decide_appeal, name="appeal-decide"),
    path("projects/<uuid:project_id>/quality/", quality_views.project_quality, name="project-quality"),
    path(
        "projects/<uuid:project_id>/quality/agreement.csv",
        quality_views.agreement_csv,
        name="project-agreement-csv",
    ),
    path("projects/<uuid:project_id>/quality/<str:field>/method/", method_views.fix, name="fix-method"),
    path("items/<uuid:item_id>/", views.item_page, name="item"),
]
