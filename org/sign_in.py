"""Signing in to the back office. Somebody who only sells is told where their login works, once the password was right."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy
from unfold.forms import AuthenticationForm

from org.access import may_enter_back_office


class SignInForm(AuthenticationForm):
    def confirm_login_allowed(self, user: Any) -> None:
        if user.is_active and not may_enter_back_office(user):
            raise ValidationError(
                gettext_lazy("This login works at the till only. Ask the owner or a manager if you need the back office."), code="till_only"
            )
        super().confirm_login_allowed(user)
