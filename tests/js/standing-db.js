// A journal in memory, for the tests of sending.
export const entries = new Map();
export let facts = {};

export function begin(list, told = {}) {
  entries.clear();
  for (const entry of list) entries.set(entry.id, { ...entry, waiting: 1 });
  facts = told;
}

const mine = ({ till, epoch }) => [...entries.values()].filter((one) => one.waiting && one.till === till && one.epoch === epoch);

export const readFact = async (name) => facts[name];
export const writeFacts = async (more) => void Object.assign(facts, more);
export const waitingEntries = async (enrolment, limit) => mine(enrolment).slice(0, limit);
export const waitingFacts = async (enrolments) => ({ waiting: enrolments.flatMap(mine).length, waitingSales: 0, oldest: 0 });
export const keepCatalogue = async () => false;

export async function markAnswered(results) {
  for (const { id, hash, status } of results) {
    const entry = entries.get(id);
    if (entry?.hash !== hash) continue;
    delete entry.waiting;
    entry.result = status;
  }
}
