"""Of several streams to one page only the newest goes on."""

from mtl.ui.latest import Latest


def test_a_new_stream_of_a_page_ends_the_one_before_and_no_other_page_s():
    streams = Latest()
    first, other = streams.begin("one"), streams.begin("two")
    assert streams.holds("one", first)
    second = streams.begin("one")
    assert not streams.holds("one", first)
    assert streams.holds("one", second) and streams.holds("two", other)
