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


def test_a_zero_byte_in_a_field_or_a_name_is_turned_away_at_the_door(sqlite_world: World):
    @opens("takes a form, for this test")
    def taken(_desk: object) -> Plain:
        return Plain("taken")

    flask = create_app(sqlite_world.runtime)
    flask.add_url_rule("/taken", "taken", taken, methods=["GET", "POST"])
    flask.config["WTF_CSRF_ENABLED"] = False
    client = flask.test_client()
    assert client.get("/taken?code=%00").status_code == 400
    assert client.post("/taken", data={"note": "a\0b"}).status_code == 400
    assert client.post("/taken", data={"a\0b": "note"}).status_code == 400
    for name, status in (("a.csv", 200), ("a\0.csv", 400)):
        head = f'--end\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
        body = head.encode() + b"of any kind: \0\r\n--end--\r\n"
        answer = client.post("/taken", data=body, content_type="multipart/form-data; boundary=end")
        assert answer.status_code == status
