"""Addresses of the desk, below /w/."""

from django.urls import include, path

from portal.desks import views

desks = (
    [
        path("", views.desk, name="desk"),
        path("search/", views.search, name="search"),
        path("messages/", views.messages, name="messages"),
        path("messages/read/", views.read_all, name="read-all"),
    ],
    "desks",
)
urlpatterns = [path("", include(desks))]
