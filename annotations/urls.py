from django.urls import path

from annotations import (
    gold_views,
    method_views,
    money_views,
    people_views,
    quality_views,
    review_views,
    schema_views,
    try_views,
    views,
)

urlpatterns = [
    path("projects/<uuid:project_id>/schemas/", schema_views.project_schemas, name="project-schemas"),
    path("tries/<uuid:try_id>/", try_views.try_page, name="try"),
    path("work/", views.my_work, name="my-work"),
    path("work/<uuid:answer_id>/appeal/", views.appeal, name="appeal"),
    path("review/", views.review_projects, name="review"),
    path("projects/<uuid:project_id>/review/", review_views.review_queue, name="project-review"),
    path("review/<uuid:consensus_id>/decide/", review_views.decide, name="review-decide"),
    path(
        "projects/<uuid:project_id>/review/second/", review_views.second_queue, name="project-second-review"
    ),
    path("second-reviews/<uuid:second_id>/decide/", review_views.decide_again, name="second-decide"),
    path("second-reviews/<uuid:second_id>/resolve/", review_views.resolve, name="second-resolve"),
    path("projects/<uuid:project_id>/people/", people_views.project_people, name="project-people"),
    path(
        "projects/<uuid:project_id>/people/<str:annotator>/measure/",
        people_views.measure,
        name="people-measure",
    ),
    path("measures/<uuid:measure_id>/decide/", people_views.decide_measure, name="measure-decide"),
    path("measures/<uuid:measure_id>/lift/", people_views.lift, name="measure-lift"),
    path("work/measures/<uuid:measure_id>/", people_views.my_measure, name="my-measure"),
    path("work/<uuid:answer_id>/", views.answer_page, name="my-answer"),
    path("appeals/<uuid:appeal_id>/decide/", review_views.decide_appeal, name="appeal-decide"),
    path("projects/<uuid:project_id>/quality/", quality_views.project_quality, name="project-quality"),
    path(
        "projects/<uuid:project_id>/quality/agreement.csv",
        quality_views.agreement_csv,
        name="project-agreement-csv",
    ),
    path("projects/<uuid:project_id>/quality/<str:field>/method/", method_views.fix, name="fix-method"),
    path("items/<uuid:item_id>/", views.item_page, name="item"),
    path("projects/<uuid:project_id>/gold/", gold_views.project_gold, name="project-gold"),
    path("gold/<uuid:item_id>/", gold_views.gold_item, name="gold-item"),
    path("projects/<uuid:project_id>/money/", money_views.project_money, name="project-money"),
    *[
        path(
            f"projects/<uuid:project_id>/money/{action}/",
            money_views.money_action,
            {"action": action},
            f"project-money-{action}",
        )
        for action in ("fund", "withdraw", "bonus", "floor", "top-up")
    ],
    path(
        "projects/<uuid:project_id>/money/bonuses/<uuid:bonus_id>/reverse/",
        money_views.reverse_bonus,
        name="project-bonus-reverse",
    ),
    path(
        "projects/<uuid:project_id>/statements/<str:month>/",
        money_views.project_statement,
        name="project-statement",
    ),
    path(
        "projects/<uuid:project_id>/statements/<str:month>/csv/",
        money_views.project_statement_csv,
        name="project-statement-csv",
    ),
]
