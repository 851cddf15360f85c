"""The officer's pages."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("compliance", __name__, url_prefix="/compliance")
