"""Static files: our own and those of the browser packages, under names that carry their content's hash."""

import re
from collections.abc import Iterator
from typing import Any

from django.contrib.staticfiles.apps import StaticFilesConfig
from django.core.files.base import ContentFile, File
from whitenoise.storage import CompressedManifestStaticFilesStorage

# Where modules import modules: our own scripts and the packages they use.
MODULES = ("pos/", "backoffice/", "design/", "vendor/lit-html/", "vendor/idb/")
# What a script is made of, as far as comments, texts and templates can be told apart. A slash after a value divides.
PIECE = re.compile(
    r"""(?P<line>(?m:^)[ \t]*(?:/\*(?s:.*?)\*/|//[^\n]*)[ \t]*(?:\n|\Z))
    |(?P<indent>(?m:^)[ \t]+)
    |(?P<beside>[ \t]*//[^\n]*|/\*[^\n]*?\*/[ \t]*)
    |(?P<comment>/\*(?s:.*?)\*/)
    |(?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    |(?P<pattern>(?<![\w)\]}"'`])(?<![\w)\]}"'`][ ])/(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/)
    |(?P<brace>[`{}])
    |(?P<space>[ \t]+|\n)
    |(?P<other>[^\s/"'`{}]+|.)""",
    re.VERBOSE,
)
DROPPED = {"line": "", "indent": "", "beside": " "}
TEMPLATE = re.compile(r"(?s:(?:[^`\\$]|\\.|\$(?!\{))*)(?P<end>`|\$\{)")


def without_comments(script: str) -> str:
    """Comments and indentation stay behind, licences do not; a script we cannot follow to its end is left as it is."""
    kept: list[str] = []
    # What is open: "`" a template, "$" a value in one, "{" anything else in braces.
    open_: list[str] = []
    at = 0
    while at < len(script):
        piece = TEMPLATE.match(script, at) if open_[-1:] == ["`"] else PIECE.match(script, at)
        if piece is None:
            return script
        at = piece.end()
        kept.append(piece[0] if "@license" in piece[0] else DROPPED.get(piece.lastgroup or "", piece[0]))
        if not _follow(open_, piece):
            return script
    return script if open_ else "".join(kept)


def _follow(open_: list[str], piece: re.Match[str]) -> bool:
    mark = piece[piece.lastgroup or 0] if piece.lastgroup in ("brace", "end") else ""
    if mark == "${":
        open_.append("$")
    elif mark == "`" and piece.lastgroup == "end":
        open_.pop()
    elif mark in ("`", "{"):
        open_.append(mark)
    elif mark == "}":
        return bool(open_) and open_.pop() in ("$", "{")
    return True


class WithoutComments:
    """A storage whose scripts are read without their comments: those are for the reader of the source."""

    def __init__(self, storage: Any) -> None:
        self.storage = storage

    def open(self, path: str) -> File:
        with self.storage.open(path) as file:
            return ContentFile(without_comments(file.read().decode()).encode())


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
        bare = {name: (WithoutComments(storage), path) for name, (storage, path) in paths.items() if name in adjusted and name.endswith(".js")}
        for name, hashed, processed, changed in super()._post_process(paths | bare, adjusted, hashed_files):
            yield name, hashed, processed, changed and name in adjusted
