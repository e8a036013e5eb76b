"""Addresses of the public square, at the root."""

from django.urls import path

from portal.public import views

app_name = "public"
urlpatterns = [
    path("", views.home, name="home"),
    path("orders/", views.order_list, name="orders"),
    path("orders/<str:number>/", views.order_detail, name="order"),
    path("orders/<str:number>/files/<uuid:document>/", views.order_file, name="order-file"),
    path("notices/", views.notice_list, name="notices"),
    path("notices/<str:number>/", views.notice_detail, name="notice"),
    path("catalog/", views.catalog, name="catalog"),
    path("catalog/<uuid:edition>/<str:code>/", views.item_detail, name="item"),
    path("organizations/", views.organizations, name="organizations"),
    path("money/", views.money, name="money"),
    path("money/accounts/<str:number>/", views.final_account, name="final-account"),
    path("guide/", views.guide, name="guide"),
    path("v/", views.verify, name="verify"),
    path("journal/", views.journal_page, name="journal"),
    path("journal/checkpoints.json", views.journal_file, name="journal-file"),
    path("journal/verify.py", views.journal_verifier, name="journal-verifier"),
]
