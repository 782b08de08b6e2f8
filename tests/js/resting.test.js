import assert from "node:assert/strict";
import { test } from "node:test";
import { mayReload, mayTakeOver, REST_MS } from "../../pos/static/pos/resting.js";

const resting = (more = {}) => ({ screen: "sign-in", sale: { lines: [] }, busy: false, panel: null, entry: "", query: "", multiplier: "", pin: "", enrolCode: "", warning: null, ...more });
const begun = [{ sale: { lines: [{ n: 1 }] } }, { busy: true }, { panel: { kind: "more" } }, { entry: "5" }, { query: "oat" }, { multiplier: "3" }, { pin: "1" }, { enrolCode: "A" }, { warning: { title: "", text: "", search: false } }];

test("a till at its sign-in is taken over at once", () => {
  assert.ok(mayTakeOver(resting(), 0));
});

test("nothing that is begun is interrupted", () => {
  for (const what of begun) {
    assert.equal(mayTakeOver(resting(what), 10 * REST_MS), false, JSON.stringify(what));
    assert.equal(mayReload(resting(what), 10 * REST_MS), false, JSON.stringify(what));
  }
});

test("whoever is signed in is left alone for a while", () => {
  for (const screen of ["sell", "change"]) {
    assert.equal(mayTakeOver(resting({ screen }), REST_MS - 1), false);
    assert.ok(mayTakeOver(resting({ screen }), REST_MS));
  }
});

test("no payment, count or approval is ever taken over", () => {
  for (const screen of ["pay", "count", "variance", "approval", "open-shift", "loading"]) assert.equal(mayTakeOver(resting({ screen }), 10 * REST_MS), false, screen);
});

test("a window beside the one that sells decides nothing, and may be loaded anew", () => {
  assert.equal(mayTakeOver(resting({ screen: "elsewhere" }), REST_MS), false);
  assert.ok(mayReload(resting({ screen: "elsewhere" }), 0));
});
