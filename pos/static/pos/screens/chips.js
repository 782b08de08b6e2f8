// A few things to choose one of.
import { html } from "../../vendor/lit-html/lit-html.js";
import { icon } from "../parts.js";

/** @param {{legend: string, name: string, value: string, options: string[][], choose: (value: string) => void}} chips */
export function chips({ legend, name, value, options, choose }) {
  return html`
    <fieldset>
      <legend class="choices-legend">${legend}</legend>
      <div class="choices">
        ${options.map(([key, words]) => html`<label class="choice"><input type="radio" name=${name} .checked=${key === value} @change=${() => choose(key)}><span>${icon("check")}${words}</span></label>`)}
      </div>
    </fieldset>`;
}
