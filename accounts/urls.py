"""Public addresses of accounts, under /accounts/."""

from django.contrib.auth.views import LogoutView, PasswordChangeDoneView
from django.urls import path

from accounts.authenticators.views import LoginView, picture, second_factor, setup
from accounts.memberships.views import register, switch
from accounts.organizations.views import check_code
from accounts.users.views import PasswordView, alive

urlpatterns = [
    path("login/", LoginView.as_view(), name="login"),
    path("second/", second_factor, name="second_factor"),
    path("second/setup/", setup, name="second_factor_setup"),
    path("second/setup/code.svg", picture, name="second_factor_picture"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("password/", PasswordView.as_view(), name="password_change"),
    path("password/done/", PasswordChangeDoneView.as_view(), name="password_change_done"),
    path("alive/", alive, name="alive"),
    path("switch/", switch, name="switch"),
    path("register/", register, name="register"),
    path("register/code/", check_code, name="check_code"),
]
