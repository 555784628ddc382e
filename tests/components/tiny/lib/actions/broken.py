"""An action that needs what is not there."""

import a_module_that_does_not_exist  # type: ignore[import-not-found]  # noqa: F401 - that is what it is for
