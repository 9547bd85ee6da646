"""How bytes travel: whole requests in, HTTP out."""
