"""Where a component is, and its Python files, loaded when they are asked for."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import json
import sys
from contextlib import redirect_stdout
from pathlib import Path
from types import ModuleType

from ..errors import BrokenComponent, SailorError
from .builtin import PREFIX, locate_builtin

_CLI = "lib/cli.py"
INSTALLED = Path(sys.prefix, "share", "pysailor", "components")


def locate(path: str | Path | None = None, installed: Path = INSTALLED) -> Path:
    """Return the component's directory: the path, else the working directory, else where one is installed.

    Raise BrokenComponent if there is none, or several.
    """
    if path is not None and str(path).startswith(PREFIX):
        return locate_builtin(str(path).removeprefix(PREFIX))
    if path is not None:
        return Path(path)
    if Path("component.json").is_file():
        return Path.cwd()
    roots = sorted(found.parent for found in installed.glob("*/component.json"))
    if len(roots) == 1:
        return _checkout_of(roots[0].name) or roots[0]
    if roots:
        names = ", ".join(map(str, roots))
        raise BrokenComponent(f"Several components are installed; name one with --component: {names}")
    raise BrokenComponent("There is no component.json here. Go to a component's directory or name one: --component.")


class ComponentCode:
    """The Python files below one directory. Nothing is imported before it is asked for."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()

    @property
    def cli(self) -> ModuleType | None:
        """The component's module lib/cli.py, what it adds to the command line; None if it has none.

        Raise BrokenComponent if it cannot be loaded, or lacks what one of its commands needs.
        """
        if not self.has(_CLI):
            return None
        module = self.module(_CLI)
        for name, command in getattr(module, "COMMANDS", {}).items():
            own = ("FUNCTION", "body") if hasattr(command, "FUNCTION") else ("run",)
            if missing := [part for part in ("HELP", "EPILOG", "declare", *own) if not hasattr(command, part)]:
                raise BrokenComponent(f'{_CLI}: the command "{name}" has no {", ".join(missing)}.')
        return module

    def owns(self, kind: type) -> bool:
        """Return whether a class comes from this component's code."""
        return kind.__module__.startswith(f"{self._package}lib.")

    def has(self, path: str) -> bool:
        """Return whether the component brings this file."""
        return (self.root / path).is_file()

    def module(self, path: str) -> ModuleType:
        """Import one of the component's files, as `lib.….x`, so that relative imports work inside it."""
        file = (self.root / path).resolve()
        if not file.is_file() or self.root not in file.parents:
            raise BrokenComponent(f"Failed to load file '{path}': there is no such file in the component.")
        name = ".".join(file.relative_to(self.root).with_suffix("").parts)
        try:
            with redirect_stdout(sys.stderr):  # standard output is for results, and for the lines of the log
                return importlib.import_module(self._package + name)
        except (SailorError, KeyboardInterrupt):
            raise
        except ImportError as error:
            missing = str(error).replace(self._package, "") if self._package else error
            raise BrokenComponent(f"Failed to load file '{path}': {missing}") from error
        except SyntaxError as error:
            raise BrokenComponent(f"'{path}' is found, but cannot be loaded: {_format_syntax_error(error)}") from error
        except (Exception, SystemExit) as error:  # code of the component's author, which may do anything at import
            raise BrokenComponent(f"'{path}' is found, but cannot be loaded: {error!r}") from error

    @property
    def _package(self) -> str:
        """What stands before the names of this component's modules."""
        return "" if self._is_importable() else f"{self._private_package()}."

    def _is_importable(self) -> bool:
        """Return whether plain `import lib` means this component's lib (as in its checkout and its tests)."""
        spec = importlib.util.find_spec("lib")
        return spec is not None and spec.origin == str(self.root / "lib" / "__init__.py")

    def _private_package(self) -> str:
        """Return a package of this root's own, so that two components can live in one process."""
        name = f"component_{hashlib.sha256(str(self.root).encode()).hexdigest()[:12]}"
        if name not in sys.modules:
            package = ModuleType(name)
            package.__path__ = [str(self.root)]
            sys.modules[name] = package
        return name


def _checkout_of(package: str) -> Path | None:
    """Return the checkout of a package that was installed from it, to be edited there: its installed copy grows old.

    A component is installed in a folder with the name of its package.
    """
    from importlib import metadata as packages  # noqa: PLC0415 - 15 ms that a component in its place does not need
    from urllib.parse import unquote, urlsplit  # noqa: PLC0415 - as above

    try:
        origin = json.loads(packages.distribution(package).read_text("direct_url.json") or "{}")
    except (packages.PackageNotFoundError, ValueError):
        return None
    root = Path(unquote(urlsplit(origin.get("url", "")).path))
    is_edited = origin.get("dir_info", {}).get("editable", False)
    return root if is_edited and (root / "component.json").is_file() else None


def _format_syntax_error(error: SyntaxError) -> str:
    text = f": {error.text.strip()}" if error.text else ""
    return f"{error.filename}, line {error.lineno}: {error.msg}{text}"
