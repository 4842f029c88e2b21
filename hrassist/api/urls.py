"""Every address of API v1."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, re_path
from django.views.decorators.csrf import csrf_exempt

from audit.api import events
from candidates.api import candidates, erasures, merges, resumes, uploads
from hrassist.api.me import MeView
from hrassist.api.schema import SchemaView
from jobs.api import applications, demographics, jobs, matches, reports, stages, tailorings

app_name = "api"


@csrf_exempt
def nothing_here(_request: HttpRequest, **_path: object) -> HttpResponse:
    """A wrong address below /api/ is answered as a problem document, not by the pages of the admin."""
    raise Http404


urlpatterns = [
    path("schema", SchemaView.as_view(), name="schema"),
    path("audit-events", events.EventsView.as_view(), name="audit-events"),
    path("me", MeView.as_view(), name="me"),
    path("uploads", uploads.UploadsView.as_view(), name="uploads"),
    path("uploads/<uuid:upload_id>", uploads.UploadView.as_view(), name="upload"),
    path("uploads/<uuid:upload_id>/confirm", uploads.ConfirmUploadView.as_view(), name="upload-confirm"),
    path("candidates", candidates.CandidatesView.as_view(), name="candidates"),
    path("candidates/<uuid:candidate_id>", candidates.CandidateView.as_view(), name="candidate"),
    path("candidates/<uuid:candidate_id>/merge", merges.MergeView.as_view(), name="candidate-merge"),
    path("candidates/<uuid:candidate_id>/unmerge", merges.UnmergeView.as_view(), name="candidate-unmerge"),
    path("candidates/<uuid:candidate_id>/anonymize", erasures.AnonymizeView.as_view(), name="candidate-anonymize"),
    path("resumes", resumes.ResumesView.as_view(), name="resumes"),
    path("resumes/<uuid:resume_id>", resumes.ResumeView.as_view(), name="resume"),
    path("resumes/<uuid:resume_id>/file", resumes.ResumeFileView.as_view(), name="resume-file"),
    path("resumes/<uuid:resume_id>/text", resumes.ResumeTextView.as_view(), name="resume-text"),
    path("jobs", jobs.JobsView.as_view(), name="jobs"),
    path("jobs/<uuid:job_id>", jobs.JobView.as_view(), name="job"),
    path("jobs/<uuid:job_id>/open", jobs.OpenJobView.as_view(), name="job-open"),
    path("jobs/<uuid:job_id>/hold", jobs.HoldJobView.as_view(), name="job-hold"),
    path("jobs/<uuid:job_id>/close", jobs.CloseJobView.as_view(), name="job-close"),
    path("jobs/<uuid:job_id>/reopen", jobs.ReopenJobView.as_view(), name="job-reopen"),
    path("jobs/<uuid:job_id>/archive", jobs.ArchiveJobView.as_view(), name="job-archive"),
    path("jobs/<uuid:job_id>/team", jobs.TeamView.as_view(), name="job-team"),
    path("jobs/<uuid:job_id>/team/<int:user_id>", jobs.TeamMemberView.as_view(), name="job-team-member"),
    path("jobs/<uuid:job_id>/matches", matches.JobMatchesView.as_view(), name="job-matches"),
    path("match-runs", matches.MatchRunsView.as_view(), name="match-runs"),
    path("match-runs/<uuid:run_id>", matches.MatchRunView.as_view(), name="match-run"),
    path(
        "applications/<uuid:application_id>/tailorings",
        tailorings.ApplicationTailoringsView.as_view(),
        name="application-tailorings",
    ),
    path("tailorings", tailorings.TailoringsView.as_view(), name="tailorings"),
    path("tailorings/<uuid:tailoringrun_id>", tailorings.TailoringView.as_view(), name="tailoring"),
    path("tailorings/<uuid:tailoringrun_id>/cancel", tailorings.CancelTailoringView.as_view(), name="tailoring-cancel"),
    path(
        "tailorings/<uuid:tailoringrun_id>/continue",
        tailorings.ContinueTailoringView.as_view(),
        name="tailoring-continue",
    ),
    path("tailorings/<uuid:tailoringrun_id>/docx", tailorings.TailoringDocxView.as_view(), name="tailoring-docx"),
    path("tailorings/<uuid:tailoringrun_id>/pdf", tailorings.TailoringPdfView.as_view(), name="tailoring-pdf"),
    path(
        "tailorings/<uuid:tailoringrun_id>/letter/docx",
        tailorings.TailoringLetterDocxView.as_view(),
        name="tailoring-letter-docx",
    ),
    path(
        "tailorings/<uuid:tailoringrun_id>/letter/pdf",
        tailorings.TailoringLetterPdfView.as_view(),
        name="tailoring-letter-pdf",
    ),
    path("reports", reports.ReportsView.as_view(), name="reports"),
    path("reports/<uuid:reportdocument_id>", reports.ReportView.as_view(), name="report"),
    path("reports/<uuid:reportdocument_id>/docx", reports.ReportDocxView.as_view(), name="report-docx"),
    path("reports/<uuid:reportdocument_id>/pdf", reports.ReportPdfView.as_view(), name="report-pdf"),
    path("reports/<uuid:reportdocument_id>/csv", reports.ReportCsvView.as_view(), name="report-csv"),
    path("reports/<uuid:reportdocument_id>/xlsx", reports.ReportXlsxView.as_view(), name="report-xlsx"),
    path("stages", stages.StagesView.as_view(), name="stages"),
    path("rejection-reasons", stages.RejectionReasonsView.as_view(), name="rejection-reasons"),
    path("applications", applications.ApplicationsView.as_view(), name="applications"),
    path("applications/<uuid:application_id>", applications.ApplicationView.as_view(), name="application"),
    path("applications/<uuid:application_id>/advance", applications.AdvanceView.as_view(), name="application-advance"),
    path("applications/<uuid:application_id>/move", applications.MoveView.as_view(), name="application-move"),
    path("applications/<uuid:application_id>/reject", applications.RejectView.as_view(), name="application-reject"),
    path(
        "applications/<uuid:application_id>/withdraw", applications.WithdrawView.as_view(), name="application-withdraw"
    ),
    path(
        "applications/<uuid:application_id>/unreject", applications.UnrejectView.as_view(), name="application-unreject"
    ),
    path(
        "applications/<uuid:application_id>/demographics",
        demographics.DemographicAnswerView.as_view(),
        name="application-demographics",
    ),
    path("applications/<uuid:application_id>/hire", applications.HireView.as_view(), name="application-hire"),
    re_path(r"", nothing_here),
]
