"""The patient's pages."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("patient", __name__, url_prefix="/my")
