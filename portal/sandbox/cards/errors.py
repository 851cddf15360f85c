"""Refusals in the shape in which Stripe tells them."""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """An answer other than success: HTTP status, Stripe's error type, a message, and the code and parameter if any."""

    def __init__(
        self, status: int, message: str, *, kind: str = "invalid_request_error", code: str = "", param: str = ""
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.kind = kind
        self.code = code
        self.param = param

    def body(self) -> dict[str, Any]:
        """`{"error": {"type", "message", "code", "param"}}`, the last two only when they say something."""
        error = {"type": self.kind, "message": self.message}
        if self.code:
            error["code"] = self.code
        if self.param:
            error["param"] = self.param
        return {"error": error}


def missing(kind: str, identifier: str) -> ApiError:
    """404 with `resource_missing`, as for an id that does not exist."""
    return ApiError(404, f"No such {kind}: '{identifier}'", code="resource_missing", param="id")
