from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import ApiSignedIn
from common.idempotency import idempotent
from common.pagination import ById
from training import access
from training.api.present import recipe_json
from training.services import recipes


class RecipeInput(serializers.Serializer[Any]):
    project = serializers.UUIDField()
    field = serializers.CharField(max_length=60)
    name = serializers.CharField(max_length=80)
    settings = serializers.DictField()
    whole_site = serializers.BooleanField(required=False, default=False)


class RecipesApi(APIView):
    """Recipes that can be named in a run; a search keeps its best one here."""

    @extend_schema(operation_id="recipes_list", responses={200: None})
    def get(self, request: ApiSignedIn) -> Response:
        access.require_trainer_desk(request.user)
        paginator = ById()
        page = paginator.paginate_queryset(access.recipes_for(request.user), request, view=self)
        return paginator.get_paginated_response([recipe_json(row) for row in page or []])

    @extend_schema(request=RecipeInput, responses={201: None})
    @idempotent
    def post(self, request: ApiSignedIn) -> Response:
        body = RecipeInput(data=request.data)
        body.is_valid(raise_exception=True)
        data = body.validated_data
        project = access.project_to_train(request.user, data.pop("project"))
        recipe = recipes.keep_recipe(project=project, actor=request.user, **data)
        return Response(recipe_json(recipe), status=201)


class RecipeApi(APIView):
    @extend_schema(responses={200: None})
    def get(self, request: ApiSignedIn, recipe_id: UUID) -> Response:
        return Response(recipe_json(access.recipe_for(request.user, recipe_id)))

    @extend_schema(responses={204: None})
    def delete(self, request: ApiSignedIn, recipe_id: UUID) -> Response:
        recipes.drop_recipe(recipe=access.recipe_for(request.user, recipe_id), actor=request.user)
        return Response(status=204)
