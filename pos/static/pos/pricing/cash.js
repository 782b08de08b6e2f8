// What is paid in cash where the smallest coin is larger than the minor unit.
import { counted, divided } from "./arithmetic.js";

/** To the nearest `step`, half up. 0 and 1 leave it as it is. @param {number} total @param {number} step */
export function rounded(total, step) {
  return step <= 1 ? total : counted(divided(total, 1, step) * step);
}
