"""HTTP/1.1 to one server: sockets kept alive, an answer parsed in C, and never a request sent twice.

`pool` keeps connections, `route` opens them, `reply` reads what comes back, `encoding` unpacks it. Nothing here tries
again: whoever asks decides that, and knows from `errors` whether an answer may have been made.
"""
