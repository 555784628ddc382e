"""A WebSocket door to a conversation, and a small page in front of it.

Read in this order: document, visit, expression, hooks and config (a file becomes routes); guard and protocol (who comes
in, and the frames); talk, turn, pieces and session (a question becomes an answer); server and command (their life).
"""
