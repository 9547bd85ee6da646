import pytest

from appliance.host.wording import did_you_mean, on_one_line


@pytest.mark.parametrize(
    ("text", "shown"), [("a b \u00e9", "a b \u00e9"), ("a\nb\x1b[1m\u202e", "a\\nb\\x1b[1m\\u202e")]
)
def test_what_is_no_character_on_a_terminal_is_spelled_out(text: str, shown: str) -> None:
    assert on_one_line(text) == shown


@pytest.mark.parametrize(("word", "hint"), [("theads", "; did you mean threads?"), ("xyzzy", "")])
def test_a_close_word_is_named_and_no_other(word: str, hint: str) -> None:
    assert did_you_mean(word, ["threads", "queue"]) == hint
