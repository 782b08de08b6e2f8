"""Which content security policy each area answers with. STRICT_CSP in the settings is the rule; this is the exception list."""

from collections.abc import Callable, Mapping, Sequence

from django.conf import settings
from django.http import HttpRequest, HttpResponse

Policy = Mapping[str, Sequence[str] | bool]

TILL: Policy = {
    **settings.STRICT_CSP,
    # lit-html writes through its own policy; till-sw lets exactly one service worker address through.
    "require-trusted-types-for": ["'script'"],
    "trusted-types": ["lit-html", "till-sw"],
}
# The one exception with eval and inline style: Unfold's menus and inline rows are Alpine expressions.
ADMIN: Policy = {
    **settings.STRICT_CSP,
    "script-src": ["'self'", "'unsafe-eval'"],
    "style-src": ["'self'", "'unsafe-inline'"],
}
# GraphiQL carries its font inside its stylesheet.
GRAPHIQL: Policy = {**settings.STRICT_CSP, "font-src": ["'self'", "data:"]}

AREAS: tuple[tuple[str, Policy], ...] = (("/pos/", TILL), ("/admin/", ADMIN), ("/graphql/", GRAPHIQL))
# What these answer depends on who asks, so no shared cache may keep it; a browser asks again with its ETag.
PERSONAL = ("/api/v1/", "/graphql/")


def policy_of(path: str) -> Policy | None:
    return next((policy for prefix, policy in AREAS if path.startswith(prefix)), None)


class AreaPolicyMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        policy = policy_of(request.path)
        if policy is not None and not hasattr(response, "_csp_config"):
            response._csp_config = dict(policy)  # type: ignore[attr-defined]  # where django-csp looks for a view's own policy
        if request.path.startswith(PERSONAL):
            response.headers.setdefault("Cache-Control", "private, no-cache")
        return response
