"""What this app adds to the side bar."""

from typing import Any

from candidates.models import UploadTicket
from hrassist.admin import navigation
from hrassist.admin.navigation import NavItem


def waiting_uploads(user: Any) -> int:
    return UploadTicket.objects.visible_to(user).waiting().count()


navigation.add(
    NavItem(
        label="Candidates",
        url_name="admin:candidates_candidate_changelist",
        icon="people",
        permission="candidates.view_candidate",
        section="People",
        order=20,
        also=("/candidates/candidate/", "/candidates/import/"),
    ),
    NavItem(
        label="Uploads",
        url_name="admin:candidates_uploadticket_changelist",
        icon="upload",
        permission="candidates.view_uploadticket",
        section="People",
        order=26,
        count=waiting_uploads,
        alarm=True,
        also=("/candidates/upload/",),
    ),
)
