from appliance.host import foreign_keys


def test_no_key_is_both_ignored_and_refused() -> None:
    groups = (foreign_keys.MEANINGLESS, foreign_keys.SOCKETS, foreign_keys.DAEMONIZE)
    assert len(frozenset().union(*groups)) == sum(map(len, groups))
