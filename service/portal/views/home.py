"""The front page, and the pages for what is not there."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def home(request: HttpRequest) -> HttpResponse:
    """What this is, in three sentences, and the two ways in."""
    return render(request, "home.html")
