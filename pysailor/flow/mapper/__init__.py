"""The mapper: JSONata expressions of a flow file, as the platform's mapper means them (JSONata 1.8.7 with $moment)."""

from .analysis import Reference
from .errors import MappingFailed
from .expression import UNDEFINED, CompiledExpression, MapContext, compile_expression
from .mapping import Mapping, compile_mapping

__all__ = [
    "UNDEFINED",
    "CompiledExpression",
    "MapContext",
    "Mapping",
    "MappingFailed",
    "Reference",
    "compile_expression",
    "compile_mapping",
]
