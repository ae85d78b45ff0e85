"""The pages of projects: one's own, and any project's for whoever comes by."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_safe
from packaging.utils import canonicalize_name, canonicalize_version

from accounts.responses import signed_in
from packages import project_page, rendering
from packages.models import Project
from packages.own_projects import own_projects


@require_safe
def manage_projects(request: HttpRequest) -> HttpResponse:
    """List the projects that one may publish."""
    context = {
        "section": "projects",
        "rows": own_projects(signed_in(request)),
        "upload_url": f"{settings.BASE_URL}/legacy/",
    }
    return render(request, "packages/projects_manage.html", context)


@login_not_required
@require_safe
def project(
    request: HttpRequest, name: str, version: str | None = None
) -> HttpResponse:
    """Show one release of a project to people: the latest, or the one asked for."""
    normalized = canonicalize_name(name)
    found = get_object_or_404(
        Project.objects.exclude(status=Project.Status.QUARANTINED),
        normalized_name=normalized,
    )
    page = project_page.find(found, version and canonicalize_version(version))
    if page is None and version:
        raise Http404
    spelling = page.release.version if page and version else version
    if (name, version) != (normalized, spelling):
        return _moved(normalized, spelling)
    context = {"project": found, "page": page, "description": _description(page)}
    return render(request, "packages/project_detail.html", context)


def _moved(name: str, version: str | None) -> HttpResponse:
    if version is None:
        return redirect("packages:project", name, permanent=True)
    return redirect("packages:release", name, version, permanent=True)


def _description(page: project_page.ProjectPage | None) -> str:
    if page is None:
        return ""
    # Sanitised where it was rendered; see packages.rendering.
    return mark_safe(rendering.description_html(page.release))  # noqa: S308
