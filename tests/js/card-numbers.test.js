import assert from "node:assert/strict";
import { test } from "node:test";
import { holdsCardNumber, passesLuhn } from "../../pos/static/pos/card-numbers.js";
import { seeded } from "./seeded.js";

test("card numbers are known however they are written", () => {
  for (const text of ["4111111111111111", "4111 1111 1111 1111", "5555-5555-5555-4444", "378282246310005", "paid with 4111111111111111 ok", "4111111111111111=2912101"]) {
    assert.ok(holdsCardNumber(text), text);
  }
});

test("barcodes, phone numbers, amounts and our own codes are no cards", () => {
  for (const text of ["4006381333931", "04006381333931", "96385074", "+49 30 901820", "1234.56", "oat drink 1 L", "1111111111111117", "4111111111111112", ""]) {
    assert.ok(!holdsCardNumber(text), text);
  }
  assert.ok(!holdsCardNumber("4111111111111111", (digits) => digits === "4111111111111111"));
});

test("every number a card may have is refused", () => {
  const chance = seeded(99);
  for (let round = 0; round < 2000; round += 1) {
    const length = chance.between(15, 19);
    const head = String(chance.between(2, 6)) + Array.from({ length: length - 2 }, () => chance.between(0, 9)).join("");
    const end = "0123456789".split("").find((digit) => passesLuhn(head + digit));
    assert.ok(holdsCardNumber(head + end), head + end);
  }
});
