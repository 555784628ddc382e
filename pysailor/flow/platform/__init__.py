"""Flows in the platform's own forms: its REST API, its recipes, and the export by names; read and written."""

from .export import DIALECTS, NotExportable, export_flow
from .importing import import_flow
from .nodes import ExportSettings
from .notes import Note

__all__ = ["DIALECTS", "ExportSettings", "NotExportable", "Note", "export_flow", "import_flow"]
