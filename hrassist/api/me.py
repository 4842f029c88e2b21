"""Who the API takes you for."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from hrassist.lib.endpoints import ApiView


class TokenSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    scopes = serializers.ListField(child=serializers.CharField())
    expires_at = serializers.DateTimeField()


class MeSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    username = serializers.CharField()
    display_name = serializers.CharField()
    roles = serializers.ListField(child=serializers.CharField())
    time_zone = serializers.CharField()
    token = TokenSerializer(allow_null=True, help_text="Null in a browser session.")
    version = serializers.CharField(help_text="Of this installation.")


class MeView(ApiView):
    permissions: ClassVar = {"GET": ""}

    @extend_schema(responses={200: MeSerializer})
    def get(self, request: Request) -> Response:
        """Your account, its roles, and the token that asks. Needs no scope."""
        user = self.actor
        token: Any = request.auth
        return Response(
            {
                "id": user.pk,
                "username": user.username,
                "display_name": user.display_name,
                "roles": list(user.groups.order_by("name").values_list("name", flat=True)),
                "time_zone": user.time_zone,
                "token": token
                and {"id": token.pk, "name": token.name, "scopes": token.scopes, "expires_at": token.expires_at},
                "version": settings.VERSION,
            }
        )
