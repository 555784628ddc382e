"""A conversation over WebSocket, and a small page in front of it.

config/ reads the settings file: yaml_document, handler, grammar, expression, hooks, route, kwargs, load. protocol has
the frames; backend, conversation and turn make an answer of a question. server/ has the sockets: access, cookie and
limits say who connects and how much they may do; handshake, session, turn_task and text_queue are one socket's life;
waker, shared, app and listener are the server's. command is its command line.
"""
