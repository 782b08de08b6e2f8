"""Static files: our own and those of the browser packages, under names that carry their content's hash."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib.staticfiles.apps import StaticFilesConfig
from django.contrib.staticfiles.finders import AppDirectoriesFinder
from whitenoise.storage import CompressedManifestStaticFilesStorage

# Where modules import modules by their plain names. The till's are bundled: they name each other as they are served.
MODULES = ("backoffice/", "design/")
BUNDLED = "pos/"
HASHED_ALREADY = "pos/parts/"


class BrowserPackagesConfig(StaticFilesConfig):
    # A package brings type declarations, maps and development builds that no browser of ours asks for.
    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "*.d.ts", "*.map", "*.cjs", "development", "node", "esm", "dist", "src"]
    ignore_patterns += ["*.development.js", "*.profiling.min.js", "graphiql.js", "graphiql.css", "redoc"]


class OurFinder(AppDirectoriesFinder):
    """What our packages bring, but for the sources of scripts that are served bundled."""

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[Any]:
        for path, storage in super().list(ignore_patterns):
            if not (path.startswith(BUNDLED) and path.endswith(".js")):
                yield path, storage


class HashedStaticFilesStorage(CompressedManifestStaticFilesStorage):
    support_js_module_import_aggregation = True
    # Without their maps, "sourceMappingURL" comments point nowhere: leave them alone.
    patterns = tuple(
        (extension, tuple(pattern for pattern in patterns if "sourceMappingURL" not in (pattern if isinstance(pattern, str) else pattern[0])))
        for extension, patterns in CompressedManifestStaticFilesStorage.patterns
    )

    def hashed_name(self, name: str, *args: Any, **kwargs: Any) -> str:
        return name if name.startswith(HASHED_ALREADY) else super().hashed_name(name, *args, **kwargs)

    def _post_process(self, paths: dict, adjustable_paths: list[str], hashed_files: dict) -> Iterator[tuple]:
        """Other people's scripts are whole in themselves: looking for imports in megabytes of them, pass after pass, took most of a minute."""
        adjusted = [name for name in adjustable_paths if not name.endswith(".js") or name.startswith(MODULES)]
        for name, hashed, processed, changed in super()._post_process(paths, adjusted, hashed_files):
            yield name, hashed, processed, changed and name in adjusted
