// Cases from the standard input, one JSON object a line: {basket, rules, facts, at}; rules null are those of the line before.
// Answers each with its result: pos/tests/test_same_prices.py holds it against Python's.
import { createInterface } from "node:readline";
import { Refused } from "../../pos/static/pos/pricing/arithmetic.js";
import { compile } from "../../pos/static/pos/pricing/compiling.js";
import { evaluate } from "../../pos/static/pos/pricing/engine.js";
import { traceOf } from "../../pos/static/pos/pricing/tracing.js";

let compiled;

function answer({ basket, rules, facts, at }) {
  if (rules) compiled = compile(rules);
  try {
    const result = evaluate(basket, compiled, facts, at);
    return { ...result, trace: traceOf(result) };
  } catch (error) {
    if (error instanceof Refused) return { error: error.code, field: error.field };
    throw error;
  }
}

for await (const line of createInterface({ input: process.stdin })) process.stdout.write(`${JSON.stringify(answer(JSON.parse(line)))}\n`);
