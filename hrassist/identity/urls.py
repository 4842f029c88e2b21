"""Addresses of signing in, beside the admin's own form."""

from django.urls import path

from hrassist.identity import entry, forgotten, providers

urlpatterns = [
    path("account/verify/", entry.verify_view, name="verify"),
    path("account/enrol/", entry.enrol_view, name="enrol"),
    path("account/codes/", entry.codes_view, name="codes"),
    path("account/leave/", entry.leave_view, name="leave"),
    path("password/reset/", forgotten.ask_view, name="password_reset"),
    path("password/reset/<str:code>/<str:token>/", forgotten.confirm_view, name="password_reset_confirm"),
    path("sso/oidc/", providers.oidc_begin, name="oidc_begin"),
    path("sso/oidc/return/", providers.oidc_return, name="oidc_return"),
    path("sso/saml/", providers.saml_begin, name="saml_begin"),
    # The library builds our addresses from these names.
    path("sso/<str:organization_slug>/acs/", providers.saml_answer, name="saml_acs"),
    path("sso/<str:organization_slug>/metadata/", providers.saml_metadata, name="saml_metadata"),
    path("sso/<str:organization_slug>/sls/", providers.saml_nothing, name="saml_sls"),
    path("sso/saml/return/", providers.saml_return, name="saml_return"),
]
