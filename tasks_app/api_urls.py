from django.urls import path

from tasks_app.api import items, members, projects, work

urlpatterns = [
    path("projects/<uuid:project_id>/claim", work.ClaimApi.as_view(), name="api-claim"),
    path("projects", projects.ProjectsApi.as_view(), name="api-projects"),
    path("projects/<uuid:project_id>", projects.ProjectApi.as_view(), name="api-project"),
    path("projects/<uuid:project_id>/publish", projects.PublishApi.as_view(), name="api-publish"),
    path("projects/<uuid:project_id>/pause", projects.PauseApi.as_view(), name="api-pause"),
    path("projects/<uuid:project_id>/finish", projects.FinishApi.as_view(), name="api-finish"),
    path("projects/<uuid:project_id>/fund", projects.FundApi.as_view(), name="api-fund"),
    path("projects/<uuid:project_id>/items", items.ItemsApi.as_view(), name="api-items"),
    path("projects/<uuid:project_id>/items:import", items.ImportApi.as_view(), name="api-import"),
    path("projects/<uuid:project_id>/members", members.MembersApi.as_view(), name="api-members"),
    path(
        "projects/<uuid:project_id>/members/<int:membership_id>",
        members.MemberApi.as_view(),
        name="api-member",
    ),
    path("items/<uuid:item_id>", items.ItemApi.as_view(), name="api-item"),
    path("items/<uuid:item_id>/withdraw", items.WithdrawApi.as_view(), name="api-withdraw-item"),
    path("import-jobs/<uuid:job_id>", items.ImportJobApi.as_view(), name="api-import-job"),
    path("catalogue", work.CatalogueApi.as_view(), name="api-catalogue"),
    path("projects/<uuid:project_id>/assignments", work.LiveAssignmentsApi.as_view(), name="api-live"),
    path("assignments/<uuid:assignment_id>/return", work.ReturnApi.as_view(), name="api-return"),
    path("assignments/<uuid:assignment_id>/extend", work.ExtendApi.as_view(), name="api-extend"),
    path("assignments/<uuid:assignment_id>/reclaim", work.ReclaimApi.as_view(), name="api-reclaim"),
    path("assignments/<uuid:assignment_id>/flag", work.FlagApi.as_view(), name="api-flag"),
]
