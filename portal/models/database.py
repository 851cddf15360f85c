"""Flask-SQLAlchemy's `db`: configuration and engine only; units of work make their own sessions."""

from __future__ import annotations

from flask_sqlalchemy import SQLAlchemy

from portal.models.base import Base

db = SQLAlchemy(model_class=Base, disable_autonaming=True)
