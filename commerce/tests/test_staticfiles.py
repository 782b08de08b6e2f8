"""Scripts are served without their comments, and are otherwise what they were."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from commerce.staticfiles import without_comments

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ROOT / "node_modules"
OURS = [path for app in ("pos", "backoffice", "org") for path in (ROOT / app / "static").rglob("*.js")]
SCRIPTS = [*OURS, PACKAGES / "idb/build/index.js", *PACKAGES.glob("lit-html/*.js")]
# Two texts of the same script by the compiler's own eyes: printed without comments, they are equal.
SAME = """
const { createRequire } = await import("node:module");
const ts = createRequire(process.argv[1] + "/")("typescript");
const pairs = JSON.parse((await import("node:fs")).readFileSync(0, "utf8"));
const printed = (text) => ts.createPrinter({ removeComments: true }).printFile(ts.createSourceFile("a.js", text, ts.ScriptTarget.Latest));
console.log(JSON.stringify(pairs.map(([one, two]) => printed(one) === printed(two))));
"""


def test_comments_and_indentation_stay_behind():
    assert without_comments("// one\nif (a) {\n  a = /** @type {B} */ (c); // beside\n  /** two\n   * lines */\n}\n") == "if (a) {\na =  (c); \n}\n"


def test_a_comment_that_ends_a_statement_still_ends_it():
    script = "return /* two\nlines */ a;\n"
    assert without_comments(script) == script


def test_a_licence_stays():
    assert without_comments("/** @license BSD */\nlet a;\n") == "/** @license BSD */\nlet a;\n"


@pytest.mark.parametrize(
    "script",
    [
        "let a = `\n// shown\n`;\n",
        "let a = `${b({ c: `\n/* shown */\n` })}\n// shown\n`;\n",
        "let a = `\\`\n// shown\n`;\n",
        'let a = "/*";\nlet b = "*/";\n',
        "let a = /[`'\"/]/;\nlet b = `\n// shown\n`;\n",
        "let a = b / c; let d = `\n// shown\n`; let e = 1 / 2;\n",
        "let a = `$`; let b = `\n// shown\n`;\n",
        "let a = `never closed\n// shown\n",
    ],
)
def test_what_only_looks_like_a_comment_stays(script):
    assert without_comments(script) == script


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_our_scripts_mean_what_they_meant():
    pairs = [(text := path.read_text(), without_comments(text)) for path in SCRIPTS]
    done = subprocess.run(["node", "--input-type=module", "-e", SAME, str(ROOT)], input=json.dumps(pairs), capture_output=True, text=True, check=True)
    assert all(json.loads(done.stdout))
    changed = [path.name for path, (before, after) in zip(SCRIPTS, pairs, strict=True) if before != after]
    assert len(changed) >= 30
    assert not [path.name for path, (_, after) in zip(SCRIPTS, pairs, strict=True) if "\n// " in after]
