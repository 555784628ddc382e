"""The sandbox's Responses API: the answers of its chat, asked for and given in the shapes of the other endpoint."""
