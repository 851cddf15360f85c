"""The payer's pages."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("payer", __name__, url_prefix="/payer")
