"""Counters of throttled requests; changes of users, roles, permissions and tokens go on record by trigger."""

from django.conf import settings
from django.db import migrations, models

PERMISSION = (
    "(SELECT t.app_label || '.' || p.codename FROM auth_permission p"
    " JOIN django_content_type t ON t.id = p.content_type_id WHERE p.id = link.permission_id)"
)
GROUP = "(SELECT g.name FROM auth_group g WHERE g.id = link.group_id)"

# table: noun, model, columns that do not count, columns whose values may be kept
ROWS = {
    "hrassist_user": ("user", "hrassist.user", "last_login", "is_active,is_staff,is_superuser"),
    "auth_group": ("group", "auth.group", "", "name"),
    "hrassist_apitoken": ("token", "hrassist.apitoken", "last_used_at", "user_id,scopes,expires_at,revoked_at"),
}
# table: noun, model, owner's column, what is joined, the other end's name
LINKS = {
    "auth_group_permissions": ("group", "auth.group", "group_id", "permissions", PERMISSION),
    "hrassist_user_groups": ("user", "hrassist.user", "user_id", "groups", GROUP),
    "hrassist_user_user_permissions": ("user", "hrassist.user", "user_id", "permissions", PERMISSION),
}


def quoted(arguments):
    return ", ".join("'" + argument.replace("'", "''") + "'" for argument in arguments)


def watch_rows(table, arguments):
    return migrations.RunSQL(
        f"CREATE TRIGGER audit_rows AFTER INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW"
        f" EXECUTE FUNCTION audit_row_change({quoted(arguments)});"
        f"CREATE TRIGGER audit_emptied BEFORE TRUNCATE ON {table}"
        f" EXECUTE FUNCTION audit_emptied({quoted(arguments[:2])});",
        f"DROP TRIGGER audit_rows ON {table}; DROP TRIGGER audit_emptied ON {table};",
    )


def watch_links(table, arguments):
    noun, model = arguments[:2]
    return migrations.RunSQL(
        f"CREATE TRIGGER audit_added AFTER INSERT ON {table} REFERENCING NEW TABLE AS links"
        f" FOR EACH STATEMENT EXECUTE FUNCTION audit_link_change({quoted(arguments)});"
        f"CREATE TRIGGER audit_removed AFTER DELETE ON {table} REFERENCING OLD TABLE AS links"
        f" FOR EACH STATEMENT EXECUTE FUNCTION audit_link_change({quoted(arguments)});"
        # Nothing of ours rewrites a link; somebody at the database's prompt may.
        f"CREATE TRIGGER audit_rows AFTER UPDATE ON {table} FOR EACH ROW"
        f" EXECUTE FUNCTION audit_row_change('{noun}_{arguments[3]}', '{model}', '', '{arguments[2]},permission_id,group_id');"
        f"CREATE TRIGGER audit_emptied BEFORE TRUNCATE ON {table}"
        f" EXECUTE FUNCTION audit_emptied('{noun}_{arguments[3]}', '{model}');",
        "".join(
            f"DROP TRIGGER {name} ON {table};" for name in ("audit_added", "audit_removed", "audit_rows", "audit_emptied")
        ),
    )


class Migration(migrations.Migration):
    dependencies = [
        ("hrassist", "0001_initial"),
        ("audit", "0002_row_changes"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Throttle",
            fields=[
                ("key", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("used_until", models.DateTimeField(db_index=True)),
            ],
            options={"default_permissions": ()},
        ),
        # Written at every request and worth nothing after a crash: kept out of the write-ahead log.
        migrations.RunSQL("ALTER TABLE hrassist_throttle SET UNLOGGED", "ALTER TABLE hrassist_throttle SET LOGGED"),
        *(watch_rows(table, arguments) for table, arguments in ROWS.items()),
        *(watch_links(table, arguments) for table, arguments in LINKS.items()),
    ]
