// Start here: one state, one view of it, drawn whole after every change.
import { html, render } from "../vendor/lit-html/lit-html.js";
import { keyDoes, listenToKeys } from "./keys.js";
import { by, fetchSoon, later } from "./later.js";
import { statusBar, syncStrip } from "./parts.js";
import { changeScreen } from "./screens/change.js";
import { payScreen } from "./screens/pay.js";
import { sellScreen } from "./screens/sell.js";
import { signInScreen } from "./screens/sign-in.js";
import { scanWaiting } from "./selling.js";
import { onChange, state } from "./state.js";
import { t } from "./strings.js";
import { boot } from "./wiring.js";

/** @type {Record<TillScreen, () => unknown>} */
const SCREENS = {
  loading: () => html`<p class="for-screen-reader" role="status">${t("loading")}</p>`,
  "sign-in": signInScreen,
  sell: sellScreen, pay: payScreen, change: changeScreen,
  approval: () => later("approval", ({ approvalScreen }) => approvalScreen()),
  inbox: () => later("inbox", ({ inboxScreen }) => inboxScreen()),
  elsewhere: () => later("standStill", ({ elsewhereScreen }) => elsewhereScreen()),
  broken: () => later("standStill", ({ brokenScreen }) => brokenScreen()),
  enrol: () => later("enrol", ({ enrolScreen }) => enrolScreen()),
  "open-shift": () => later("open", ({ openShiftScreen }) => openShiftScreen()),
  count: () => later("close", ({ countScreen }) => countScreen()),
  variance: () => later("close", ({ varianceScreen }) => varianceScreen()),
  report: () => later("close", ({ reportScreen }) => reportScreen()),
};
const BARE = new Set(["loading", "elsewhere", "broken", "enrol", "sign-in"]);

const place = /** @type {HTMLElement} */ (document.getElementById("till"));
let shown = "";
let screenShown = "";
let newest = 0;

function view() {
  const { screen, panel } = state;
  return html`
    <div class="till screen-${screen} ${panel ? `panel-${panel.kind}` : ""}">
      ${BARE.has(screen) ? "" : html`${statusBar()}${syncStrip()}`}
      <main class="workspace">${SCREENS[screen]()}</main>
    </div>`;
}

function draw() {
  scanWaiting();
  render(view(), place);
  followFocus();
  showNewest();
  if (state.sale.lines.length) later("stock", ({ follow }) => follow());
  if (state.screen === "change") fetchSoon();
}

/** Opening something moves the focus to its heading; closing it leaves none stranded. */
function followFocus() {
  const now = `${state.screen} ${state.panel?.kind ?? ""} ${state.panel?.kind === "line" ? state.panel.n : ""}`;
  if (now === shown || place.querySelector("[data-coming]")) return;
  shown = now;
  if (state.screen !== "loading") document.getElementById("not-open")?.remove();
  // What has the focus may be on the next screen too: nothing there was chosen yet.
  if (state.screen !== screenShown && document.activeElement instanceof HTMLElement) document.activeElement.blur();
  screenShown = state.screen;
  place.querySelector(".shelf-tabs [aria-selected=true]")?.scrollIntoView({ block: "nearest", inline: "center" });
  const active = document.activeElement;
  if (active instanceof HTMLInputElement && active.isConnected && active.id === "search") return;
  const heading = place.querySelector("[data-focus]");
  if (heading instanceof HTMLElement) heading.focus({ preventScroll: true });
}

/** A line that was added or raised comes into view. */
function showNewest() {
  if (state.tinted === newest) return;
  newest = state.tinted;
  if (newest) place.querySelector(`[data-line="${newest}"]`)?.scrollIntoView({ block: "nearest" });
}

onChange(draw);
// While what parks is on its way the basket may become another: then nobody asked for that one to be parked.
keyDoes("F4", () => {
  const { sale, parked } = state;
  return sale.lines.length || parked.length ? by("parking", ({ park }) => state.sale === sale && park()) : undefined;
});
keyDoes("F7", () => by("more", ({ checkPrice }) => checkPrice()));
listenToKeys();
void boot();
