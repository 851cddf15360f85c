"""The application for a WSGI server: settings from the environment, one runtime, furnished."""

from portal.app import create_app
from portal.config import load
from portal.runtime import build

application = create_app(build(load()))
