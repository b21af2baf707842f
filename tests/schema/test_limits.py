"""The limits of a server, as its environment sets them."""

from dataclasses import fields

import pytest

from mtl.schema.limits import PROFILES, Limits, limits, limits_from


def test_a_space_is_public_unless_told_otherwise():
    assert limits_from({}) == PROFILES["local"]
    assert limits_from({"SYSTEM": "spaces"}) == PROFILES["space"]
    assert limits_from({"SYSTEM": "spaces", "MTL_PROFILE": "local"}) == PROFILES["local"]
    assert limits_from({"MTL_PROFILE": "strict"}) == PROFILES["strict"]


def test_each_profile_allows_less_than_the_one_before():
    for field in fields(Limits):
        local, space, strict = (getattr(profile, field.name) for profile in PROFILES.values())
        assert local >= space >= strict >= 0, field.name


@pytest.mark.parametrize("field", [field.name for field in fields(Limits)])
def test_each_limit_is_a_variable(field):
    changed = limits_from({"MTL_PROFILE": "strict", f"MTL_{field.upper()}": "7"})
    assert getattr(changed, field) == 7
    assert sum(getattr(changed, f.name) != getattr(PROFILES["strict"], f.name) for f in fields(Limits)) == 1


@pytest.mark.parametrize("value", ["-1", "1.5", "many", "1e6", "²", " "])
def test_a_limit_that_is_no_number_is_refused(value):
    with pytest.raises(ValueError, match="MTL_ROWS is .* use a whole number from 0"):
        limits_from({"MTL_ROWS": value})


def test_an_unknown_profile_is_refused():
    with pytest.raises(ValueError, match="MTL_PROFILE is 'open': use one of local, space, strict"):
        limits_from({"MTL_PROFILE": "open"})


def test_a_refusal_says_which_limit_its_value_and_what_to_do(limited):
    limited(rows=3)
    assert str(limits().refusal("rows", "There are 4 rows", "split the file")) == (
        "There are 4 rows; the limit is 3 rows: split the file"
    )
    assert PROFILES["local"].shown("upload_bytes") == "128 MB"
    assert PROFILES["local"].shown("model_bytes") == "1 GB"
    assert PROFILES["space"].shown("text_characters") == "5,000 characters"
