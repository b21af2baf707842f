"""How refusals read on the page."""

import pytest

from mtl.ui.errors import refusal


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("row 3 has no label", "Row 3 has no label"),
        ("reviews.csv: no column text", "reviews.csv: no column text"),
        ("<b>bold</b> is no label", "&lt;b&gt;bold&lt;/b&gt; is no label"),
        ("", ""),
    ],
)
def test_a_message_begins_with_a_capital_and_stays_text(said, read):
    assert refusal(said).message == read
