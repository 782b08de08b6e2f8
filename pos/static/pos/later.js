// What no sale needs comes later: when it is asked for, and all of it once the first sale is made. Without a line it comes
// from what the page's worker has kept.
import { html } from "../vendor/lit-html/lit-html.js";
import { change, whenIdle } from "./state.js";
import { t } from "./strings.js";

const SOON_MS = 1000;

const PARTS = {
  close: () => import("./screens/close.js"),
  enrol: () => import("./screens/enrol.js"),
  open: () => import("./screens/open-shift.js"),
  more: () => import("./screens/more.js"),
  printing: () => import("./printing.js"),
  stock: () => import("./stock.js"),
  upgrading: () => import("./upgrading.js"),
  parking: () => import("./parking.js"),
  inbox: () => import("./screens/inbox.js"),
  approval: () => import("./screens/approval.js"),
  standStill: () => import("./screens/stand-still.js"),
};

/** @typedef {{[Name in keyof typeof PARTS]: Awaited<ReturnType<(typeof PARTS)[Name]>>}} Parts */
/** @type {Partial<Parts>} */
const here = {};
/** @type {Map<string, Promise<void>>} */
const asked = new Map();
let failed = false;

/** @param {keyof Parts} name */
function fetchPart(name) {
  const coming = asked.get(name) ?? bring(name);
  asked.set(name, coming);
  return coming;
}

/** @template {keyof Parts} Name @param {Name} name */
async function bring(name) {
  try {
    here[name] = /** @type {Parts[Name]} */ (await PARTS[name]());
  } catch (error) {
    console.warn(error);
    failed = true;
  }
  change({});
}

/**
 * Draws by a part: now, or as soon as it is here.
 * @template {keyof Parts} Name
 * @param {Name} name
 * @param {(part: Parts[Name]) => unknown} draw
 */
export function later(name, draw) {
  const part = here[name];
  if (part) return draw(part);
  void fetchPart(name);
  // A page that is older than its server may ask for what is gone: a new page has it, and the basket stays.
  if (failed) return html`<button class="button" type="button" @click=${() => location.reload()}>${t("part.gone")}</button>`;
  return html`<p class="for-screen-reader" role="status" data-coming>${t("loading")}</p>`;
}

/**
 * Does something by a part, as soon as it is here.
 * @template {keyof Parts} Name
 * @param {Name} name
 * @param {(part: Parts[Name]) => unknown} act
 */
export async function by(name, act) {
  await fetchPart(name);
  const part = here[name];
  if (part) act(part);
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let soon;

/** The first sale is through and its change is on the screen: now there is time, in between what the next customer brings. */
export function fetchSoon() {
  soon ??= setTimeout(async () => {
    for (const name of /** @type {(keyof Parts)[]} */ (Object.keys(PARTS))) {
      await new Promise(/** @type {(done: (value: unknown) => void) => void} */ (whenIdle));
      await fetchPart(name);
    }
  }, SOON_MS);
}
