// Puts the till's scripts together: node pos/bundle.mjs DIRECTORY. What a sale needs becomes one file, each later part one of
// its own, each worker one that needs no other. Parts carry their content's hash in their names: a part and what fetches it
// name each other, which only whoever writes both at once can do.
import { readFile, rm } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const HERE = fileURLToPath(new URL("./static/pos/", import.meta.url));
const APP = resolve(HERE, "app.js");
const VENDOR = { "lit-html": "", idb: "build/" };
/** What comes after the first sale anyway is one file; what may be asked for before is not held up by the rest. */
const ALONE = ["screens/enrol.js", "screens/open-shift.js", "stock.js", "screens/approval.js", "screens/stand-still.js"].map((name) => resolve(HERE, name));
const WORKERS = ["search-worker.js", "mirror-worker.js"];

/** Where the packages behind "../vendor/" lie. @type {import("esbuild").Plugin} */
const packages = {
  name: "packages",
  setup(on) {
    on.onResolve({ filter: /\/vendor\/(lit-html|idb)\// }, ({ path }) => {
      const [, name, file] = /** @type {RegExpMatchArray} */ (path.match(/\/vendor\/(lit-html|idb)\/(.+)$/));
      return { path: fileURLToPath(new URL(`../node_modules/${name}/${VENDOR[/** @type {keyof VENDOR} */ (name)]}${file}`, import.meta.url)) };
    });
  },
};

/**
 * Whatever comes later may use all that a sale uses. Said so, every script of the sale has the same users and they stay in
 * one file; otherwise each set of parts that shares something gets a file of its own. So do those that come together.
 * @type {import("esbuild").Plugin}
 */
const afterTheSale = {
  name: "after the sale",
  async setup(on) {
    const later = await readFile(resolve(HERE, "later.js"), "utf8");
    const together = [...later.matchAll(/\bimport\("(\.[^"]+)"\)/g)].map(([, path]) => resolve(HERE, path)).filter((path) => !ALONE.includes(path));
    on.onResolve({ filter: /^\./ }, ({ path, kind, resolveDir }) => (kind === "dynamic-import" ? { path: resolve(resolveDir, path), namespace: "later" } : undefined));
    on.onLoad({ filter: /.*/, namespace: "later" }, ({ path }) => {
      const needs = [APP, ...(together.includes(path) ? together : [])].map((file) => `import ${JSON.stringify(file)};`);
      return { contents: [...needs, `export * from ${JSON.stringify(path)};`].join("\n"), resolveDir: dirname(path) };
    });
  },
};

/**
 * Indentation says nothing in a script, and nothing in the markup of its templates.
 * @type {import("esbuild").Plugin}
 */
const flat = {
  name: "flat",
  setup(on) {
    on.onLoad({ filter: /\/pos\/static\/pos\/.*\.js$/, namespace: "file" }, async ({ path }) => ({ contents: (await readFile(path, "utf8")).replace(/\n[ \t]+/g, "\n") }));
  },
};

/** @type {import("esbuild").BuildOptions} */
const options = { bundle: true, format: "esm", minify: true, target: "es2022", charset: "utf8", legalComments: "eof", outbase: HERE, logLevel: "warning" };

/** @param {string} directory */
async function bundle(directory) {
  await rm(directory, { recursive: true, force: true });
  await build({
    ...options, outdir: resolve(directory, "static/pos"), entryPoints: [APP], splitting: true, chunkNames: "parts/[name]-[hash]", plugins: [flat, packages, afterTheSale],
  });
  await build({ ...options, outdir: resolve(directory, "workers"), entryPoints: WORKERS.map((name) => resolve(HERE, name)), plugins: [flat, packages] });
}

const [directory] = process.argv.slice(2);
if (!directory) throw new Error("node pos/bundle.mjs DIRECTORY");
await bundle(directory).catch((error) => {
  // The last line is what bin/run shows.
  console.error(error.message.split("\n").slice(0, 2).join(" "));
  process.exit(1);
});
