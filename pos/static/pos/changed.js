// Leaves a part of the page as it is while all that it shows is as before.
import { directive, Directive } from "../vendor/lit-html/directive.js";
import { noChange } from "../vendor/lit-html/lit-html.js";

class WhenChanged extends Directive {
  /** @type {unknown[]} */
  #shown = [];

  /** @param {unknown[]} shown @param {() => unknown} draw */
  render(shown, draw) {
    if (shown.length === this.#shown.length && shown.every((one, place) => one === this.#shown[place])) return noChange;
    this.#shown = shown;
    return draw();
  }
}

/** What is shown must be values that are replaced, not changed: nothing else of `draw` is looked at. */
export const whenChanged = directive(WhenChanged);
