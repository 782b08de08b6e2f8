"""Static files: our own and those of the browser packages, under names that carry their content's hash."""

from collections.abc import Iterator

from django.contrib.staticfiles.apps import StaticFilesConfig
from whitenoise.storage import CompressedManifestStaticFilesStorage

# Where modules import modules: our own scripts and the packages they use.
MODULES = ("pos/", "backoffice/", "design/", "vendor/lit-html/", "vendor/idb/")


class BrowserPackagesConfig(StaticFilesConfig):
    # A package brings type declarations, maps and development builds that no browser of ours asks for.
    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "*.d.ts", "*.map", "*.cjs", "development", "node", "esm", "dist", "src"]
    ignore_patterns += ["*.development.js", "*.profiling.min.js", "graphiql.js", "graphiql.css", "redoc"]


class HashedStaticFilesStorage(CompressedManifestStaticFilesStorage):
    support_js_module_import_aggregation = True
    # One pass for each step of the longest chain of imports: the till's is longer than the five that Django allows.
    max_post_process_passes = 20
    # Without their maps, "sourceMappingURL" comments point nowhere: leave them alone.
    patterns = tuple(
        (extension, tuple(pattern for pattern in patterns if "sourceMappingURL" not in (pattern if isinstance(pattern, str) else pattern[0])))
        for extension, patterns in CompressedManifestStaticFilesStorage.patterns
    )

    def _post_process(self, paths: dict, adjustable_paths: list[str], hashed_files: dict) -> Iterator[tuple]:
        """Other people's scripts are whole in themselves: looking for imports in megabytes of them, pass after pass, took most of a minute."""
        adjusted = [name for name in adjustable_paths if not name.endswith(".js") or name.startswith(MODULES)]
        for name, hashed, processed, changed in super()._post_process(paths, adjusted, hashed_files):
            yield name, hashed, processed, changed and name in adjusted
