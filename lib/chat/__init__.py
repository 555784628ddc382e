"""A WebSocket door to a conversation, and a small page in front of it.

Read in this order: document, visit, grammar, expression, hooks, route, kwargs, config (a file becomes routes); guard,
badge, crowd (who comes in, and how much of it); protocol, line (the frames); talk, turn, pieces, running (a question
becomes an answer); house, entrance, session (one socket); app, server, command (their life).
"""
