"""Static files: our own and those of the browser packages, under names that carry their content's hash."""

from django.contrib.staticfiles.apps import StaticFilesConfig
from whitenoise.storage import CompressedManifestStaticFilesStorage


class BrowserPackagesConfig(StaticFilesConfig):
    # A package brings type declarations, maps and development builds that no browser of ours asks for.
    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "*.d.ts", "*.map", "*.cjs", "development", "node", "esm", "dist", "src"]


class HashedStaticFilesStorage(CompressedManifestStaticFilesStorage):
    support_js_module_import_aggregation = True
    # One pass for each step of the longest chain of imports: the till's is longer than the five that Django allows.
    max_post_process_passes = 20
    # Without their maps, "sourceMappingURL" comments point nowhere: leave them alone.
    patterns = tuple(
        (extension, tuple(pattern for pattern in patterns if "sourceMappingURL" not in (pattern if isinstance(pattern, str) else pattern[0])))
        for extension, patterns in CompressedManifestStaticFilesStorage.patterns
    )
