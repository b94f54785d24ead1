"""Analysis of what a tree generates: a session's model is rebuilt, and answers the questions about it.

Importing the package registers every function of it that answers a question.
"""

from hhstudio.learn.analysis import chain_health, interpolation, overview, predictions
from hhstudio.learn.analysis.loaded_model import LoadedModel

__all__ = ["LoadedModel", "chain_health", "interpolation", "overview", "predictions"]
