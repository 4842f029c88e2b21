"""The site itself as an app: users, roles, tokens, checks."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.contrib.auth.signals import user_logged_in
from django.db.models.signals import post_migrate


class HrassistConfig(AppConfig):
    name = "hrassist"
    verbose_name = "People and access"

    def ready(self) -> None:
        from hrassist import (  # noqa: F401, PLC0415  registering needs the loaded apps
            checks,
            databases,
            outside,
            roles,
        )
        from hrassist.identity import checks as sign_in_checks  # noqa: F401, PLC0415
        from hrassist.identity import gate, standing  # noqa: PLC0415
        from hrassist.lib.storage.named import keep  # noqa: PLC0415
        from hrassist.metrics import statements  # noqa: PLC0415
        from hrassist.models import branding, long_task  # noqa: PLC0415
        from hrassist.ops import checks as running_checks  # noqa: F401, PLC0415
        from hrassist.ops.backup import checks as backup_checks  # noqa: F401, PLC0415

        keep(branding.Branding, "logo_key")
        keep(long_task.LongTask, "source_key", "file_key", "result__refused_key", lasting=False)
        standing.connect()
        statements.watch()
        user_logged_in.connect(gate.begin, dispatch_uid="hrassist.gate.begin")
        post_migrate.connect(roles.sync_after_migrate, sender=self)
        post_migrate.connect(databases.grant_after_migrate, sender=self)
        post_migrate.connect(databases.mark_after_migrate, sender=self)
        post_migrate.connect(databases.analyze_after_migrate, sender=self)


class HrassistAdminConfig(AdminConfig):
    """Django's admin with our site as the default one."""

    default_site = "hrassist.admin.RecruitersSite"

    def ready(self) -> None:
        super().ready()
        # After autodiscovery, because it replaces Django's own pages for groups.
        from hrassist.admin import (  # noqa: F401, PLC0415
            account,
            accounts,
            api_tokens,
            long_task,
            notifications,
            operations,
            preferences,
            security_page,
            security_sections,
            security_sign_in,
        )
        from hrassist.metrics import pages as watching_pages  # noqa: F401, PLC0415
        from hrassist.ops.backup import pages as backup_pages  # noqa: F401, PLC0415
        from hrassist.privacy import pages  # noqa: F401, PLC0415
