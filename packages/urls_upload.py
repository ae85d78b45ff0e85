"""The addresses to which clients publish."""

from django.urls import path

from packages.views import upload

urlpatterns = [
    path("legacy/", upload.upload, name="upload"),
    path("legacy", upload.add_slash, name="upload-add-slash"),
]
