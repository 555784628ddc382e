"""A chat request sent over the Responses API: what goes in and what comes out keep the shapes of Chat Completions."""
