from pathlib import Path

import pytest

from appliance.host import setting_values as values


def is_refused(read, text: str) -> bool:
    try:
        read(text)
    except ValueError:
        return True
    return False


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("17", 17), ("+3", 3), ("100", 100)])
def test_whole_number_within_bounds(text, number):
    assert values.whole_number(0, 100)(text) == number


@pytest.mark.parametrize("text", ["", "-1", "101", "1.0", "one", "1e2", "0x10", "%k", "9" * 5000, "١"])
def test_other_numbers_are_refused(text):
    assert is_refused(values.whole_number(0, 100), text)


@pytest.mark.parametrize(
    ("text", "number"),
    [("2048", 2048), ("50k", 51200), ("64M", 64 << 20), ("64 MB", 64 << 20), ("1GiB", 1 << 30), ("1g", 1 << 30)],
)
def test_size_in_bytes_and_units(text, number):
    assert values.size("1k", "1G")(text) == number


@pytest.mark.parametrize("text", ["", "1023", "2G", "-1M", "64X", "M", "1.5M", "6 4M"])
def test_other_sizes_are_refused(text):
    assert is_refused(values.size("1k", "1G"), text)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:6090", ("127.0.0.1", 6090)),
        (":8387", ("0.0.0.0", 8387)),
        ("*:80", ("0.0.0.0", 80)),
        ("node-1.example.com:65535", ("node-1.example.com", 65535)),
        ("[::1]:6090", ("::1", 6090)),
        ("[::]:6090", ("::", 6090)),
    ],
)
def test_address(text, address):
    assert values.address(text) == address


@pytest.mark.parametrize(
    "text",
    ["", "6090", "h:", "h:0", "h:65536", "h:-1", "h:6 0", "http://h:80", "a b:80", "::1:6090x", "[x]:80", "h:80/x"],
)
def test_other_addresses_are_refused(text):
    assert is_refused(values.address, text)


def test_stats_may_be_an_address_a_socket_or_nothing():
    assert values.stats(":8387") == ("0.0.0.0", 8387)
    assert values.stats("/run/stats.sock") == "/run/stats.sock"
    assert values.stats("") is None


def test_path_of_nothing_is_none():
    assert values.path("") is None
    assert values.path("/a/$(B)/") == Path("/a/$(B)")


@pytest.mark.parametrize("text", ["/a/\ufffd", "/a\0b"])
def test_path_with_unreadable_characters_is_refused(text):
    assert is_refused(values.path, text)


@pytest.mark.parametrize(("text", "level"), [("debug", "DEBUG"), ("WARN", "WARNING"), ("Warning", "WARNING")])
def test_log_level_in_any_case(text, level):
    assert values.log_level(text) == level


def test_detail_types_come_in_announcing_order():
    assert values.detail_types("Correlation, imputation,correlation") == ("imputation", "correlation")
    assert values.detail_types("") == ()
    assert values.detail_types("All") == ("imputation", "correlation", "classification")
    assert values.detail_types("regression all") == values.FURTHER_DETAILS
    assert is_refused(values.detail_types, "imputation, forecast")


def test_hosts_are_separated_by_commas_or_blanks():
    assert values.hosts("127.0.0.1, ::1 [fe80::1],gpu_1") == ("127.0.0.1", "::1", "fe80::1", "gpu_1")
    assert values.hosts("") == ()
    for text in ("http://h", "*", "h:80", "-h"):
        assert is_refused(values.hosts, text)


@pytest.mark.parametrize("text", ["", "Upper", "a b", "a" * 64, "-a", "é"])
def test_other_algorithm_names_are_refused(text):
    with pytest.raises(ValueError, match="63 lower-case letters"):
        values.algorithm_name(text)


@pytest.mark.parametrize("text", ["http://127.0.0.1:6061/tdtsfm", "http://[::1]:1/x", "http://gpu"])
def test_url(text):
    assert values.url(text) == text


@pytest.mark.parametrize(
    "text", ["", "gpu:80/x", "ftp://h/x", "http:///x", "http://h:0/", "http://h:99999/", "http://h/ x"]
)
def test_other_urls_are_refused(text):
    with pytest.raises(ValueError, match="a URL as in"):
        values.url(text)
