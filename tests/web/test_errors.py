"""What the database refuses, as people read it."""

from types import SimpleNamespace

import pytest
from sqlalchemy.exc import DBAPIError, OperationalError

from portal.web import errors


class RefusedError(Exception):
    def __init__(self, state):
        super().__init__(state)
        self.sqlstate = state


@pytest.mark.parametrize(
    ("state", "kind", "status", "words"),
    [
        ("55P03", DBAPIError, 503, "Somebody else is changing this"),
        ("40P01", DBAPIError, 503, "Somebody else is changing this"),
        ("57014", DBAPIError, 503, "took too long"),
        ("57P01", OperationalError, 503, "cannot reach its database"),
        ("22021", DBAPIError, 404, ""),
    ],
)
def test_each_refusal_of_the_database_says_what_it_is(monkeypatch, state, kind, status, words):
    monkeypatch.setattr(errors, "refusal", lambda _request, error: error)
    request = SimpleNamespace(url=SimpleNamespace(path="/suppliers"))
    answer = errors.database(request, kind("SELECT 1", {}, RefusedError(state)))
    assert answer.status == status
    assert words in answer.sentence
