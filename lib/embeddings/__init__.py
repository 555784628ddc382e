"""Texts in, vectors out: what is asked of POST /embeddings, in as many requests as its limits need.

texts finds the texts in a message, length holds them against the model's limit, cutting makes requests of them, vectors
reads the answers, refusals the errors; result is what comes of it, and embedder does it all for one message.
"""

from .embedder import Embedder
from .result import Embeddings
from .vectors import EMBEDDINGS

__all__ = ["EMBEDDINGS", "Embedder", "Embeddings"]
