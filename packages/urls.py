"""The pages of projects."""

from django.urls import path

from packages.views import projects

app_name = "packages"
urlpatterns = [
    path("manage/projects/", projects.manage_projects, name="manage-projects"),
    path("project/<str:name>/", projects.project, name="project"),
    path("project/<str:name>/<str:version>/", projects.project, name="release"),
]
