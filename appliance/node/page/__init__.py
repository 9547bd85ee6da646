"""The page that browsers get at ``/``: its parts as files, put together when it is first asked for."""
