"""The shell around a request: what is uploaded never lies on the disk in clear."""

from __future__ import annotations

import io

import pytest
from flask import request

from portal.app import create_app
from portal.web.guard import opens
from portal.web.replies import Plain
from tests.databases import World


@pytest.mark.parametrize("size", [10, 25 * 1024 * 1024])
def test_an_upload_of_any_size_stays_in_memory(sqlite_world: World, size: int):
    @opens("takes a file, for this test")
    def taken(_desk: object) -> Plain:
        found = request.files["file"]
        return Plain(f"{len(found.read())} {type(found.stream) is io.BytesIO}")

    flask = create_app(sqlite_world.runtime)
    flask.add_url_rule("/taken", "taken", taken, methods=["POST"])
    flask.config["WTF_CSRF_ENABLED"] = False
    # written by hand: the test client itself would put a large body into a temporary file
    head = b'--end\r\nContent-Disposition: form-data; name="file"; filename="large.837"\r\n\r\n'
    answer = flask.test_client().post(
        "/taken", data=head + b"x" * size + b"\r\n--end--\r\n", content_type="multipart/form-data; boundary=end"
    )
    assert (answer.status_code, answer.text) == (200, f"{size} True")
