"""The projects of one person, as "Your projects" lists them."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max

from accounts.models import User
from packages.index.json_api import rank
from packages.models import Project, Release, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnProject:
    """One row: the project, one's role, and how far it is."""

    role: Role
    latest: str
    uploaded_at: datetime | None


def own_projects(user: User) -> list[OwnProject]:
    """Return the projects ``user`` has a role in, by name, in two queries."""
    roles = list(
        Role.objects.filter(user=user)
        .select_related("project")
        .annotate(uploaded_at=Max("project__releases__files__uploaded_at"))
        .order_by("project__normalized_name")
    )
    latest = _latest_versions([role.project for role in roles])
    return [
        OwnProject(
            role=role,
            latest=latest.get(role.project_id, ""),
            uploaded_at=role.uploaded_at,
        )
        for role in roles
    ]


def _latest_versions(projects: list[Project]) -> dict[int, str]:
    versions = defaultdict(list)
    rows = Release.objects.filter(project__in=projects).values_list(
        "project_id", "version", "yanked"
    )
    for project, version, yanked in rows:
        versions[project].append((rank(version, yanked=yanked), version))
    return {project: max(ranked)[1] for project, ranked in versions.items()}
