"""Keys of uWSGI and of older nodes: a file that holds them keeps working, or is refused with the reason."""

from __future__ import annotations

# What configurations of older nodes hold and has no meaning for this one. Accepted, so that an old file keeps working.
_MEANINGLESS = """
    add-header auto-procname buffer-size callable chdir cheaper chmod-socket chown-socket close-on-exec
    cpu-affinity die-on-term disable-logging disable-write-exception draw-result emperor enable-threads env
    evil-reload-on-rss exit-on-reload gevent gid harakiri-verbose home http-auto-chunked http-buffer-size
    http-connect-timeout http-keepalive http-processes http-raw-body http-workers ignore-sigpipe
    ignore-write-errors lazy lazy-apps limit-as limit-post listen log-4xx log-5xx log-backupname log-date
    log-format log-master log-reopen log-slow log-truncate log-x-forwarded-for log-zero logdate logformat logger
    logto2 master master-fifo max-fd max-requests max-requests-delta max-worker-lifetime memory-report
    min-worker-lifetime module mount need-app no-orphans offload-threads pidfile2 plugin plugins post-buffering
    procname procname-append procname-master procname-prefix procname-prefix-spaced protocol py-autoreload
    py-call-osafterfork pyhome python-path pythonpath reload-on-as reload-on-rss reuse-port set set-placeholder
    show-config single-interpreter so-keepalive socket-timeout stats-http stats-minified stats-no-cores
    stats-no-metrics strict tcp-nodelay thread-stacksize threads-stacksize thunder-lock touch-chain-reload
    touch-logreopen touch-logrotate touch-reload uid umask vacuum venv virtualenv wsgi wsgi-disable-file-wrapper
    wsgi-file
"""
MEANINGLESS = frozenset(_MEANINGLESS.split())
SOCKETS = frozenset({"socket", "uwsgi-socket", "https", "https-socket", "fastcgi-socket", "scgi-socket"})
DAEMONIZE = frozenset({"daemonize", "daemonize2"})
