import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { GERMAN } from "../../pos/static/pos/strings-de.js";
import { ENGLISH } from "../../pos/static/pos/strings.js";
import "../../pos/static/pos/strings-drawer.js";
import "../../pos/static/pos/strings-keeping.js";
import "../../pos/static/pos/strings-inbox.js";
import "../../pos/static/pos/strings-later.js";
import "../../pos/static/pos/strings-selling.js";
import "../../pos/static/pos/strings-stock.js";

const root = fileURLToPath(new URL("../../pos/static/pos", import.meta.url));
const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".js")).map((file) => join(root, file));
const source = new Map(files.map((file) => [file, readFileSync(file, "utf8")]));
const found = (file, pattern) => [...source.get(file).matchAll(pattern)].map((one) => resolve(dirname(file), one[1])).filter((path) => source.has(path));
const needs = (file) => found(file, /^(?:import|export)\b[^(]*?"(\.[^"]+)";$/gm);
const fetches = (file) => found(file, /import\("(\.[^"]+)"\)/g);

test("no module needs itself", () => {
  const done = new Set();
  const visit = (file, path) => {
    assert.ok(!path.includes(file), [...path, file].join(" > "));
    if (done.has(file)) return;
    needs(file).forEach((next) => visit(next, [...path, file]));
    done.add(file);
  };
  files.forEach((file) => visit(file, []));
});

test("nothing that selling needs waits for what comes later", () => {
  const now = new Set();
  const visit = (file) => now.has(file) || (now.add(file), needs(file).forEach(visit));
  visit(join(root, "app.js"));
  const later = new Set(files.flatMap(fetches));
  assert.ok(now.size > 20 && later.size > 10);
  assert.deepEqual([...later].filter((file) => now.has(file)), []);
});

test("only one file names IndexedDB, one calls fetch, and none writes markup by hand", () => {
  const naming = (pattern) => files.filter((file) => pattern.test(source.get(file).replace(/\/\/.*|\/\*[\s\S]*?\*\//g, ""))).map((file) => file.slice(root.length + 1));
  assert.deepEqual(naming(/vendor\/idb|indexedDB/), ["db.js"]);
  assert.deepEqual(naming(/\bfetch\(/), ["sync.js"]);
  assert.deepEqual(naming(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|unsafeHTML/), []);
});

test("every word has its translation, with the same values in it", () => {
  const values = (text) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();
  for (const [key, text] of Object.entries(GERMAN)) assert.deepEqual(values(text), values(ENGLISH[key] ?? ""), key);
  const keys = new Set([...source.values()].flatMap((text) => [...text.matchAll(/\bt\("([a-z.]+)"/g)].map((found) => found[1])));
  for (const key of keys) assert.ok(key in ENGLISH, key);
});

test("what selling says needs no words that come later", () => {
  const own = source.get(join(root, "strings.js"));
  const now = files.filter((file) => !/strings-\w+\.js"/.test(source.get(file)) && !/strings|enrolling/.test(file));
  const keys = now.flatMap((file) => [...source.get(file).matchAll(/\bt\("([a-z.]+)"/g)].map((found) => found[1]));
  for (const key of keys) assert.ok(own.includes(`"${key}": `), key);
});

test("every file is short enough to be read in one sitting", () => {
  for (const [file, text] of source) assert.ok(text.split("\n").length <= 320, file);
});
