// Language, theme and kind of input: what this till remembers about its looks.
import { readFact, writeFacts } from "./db.js";
import { change, state } from "./state.js";
import { LANGUAGES, speak } from "./strings.js";

/** @param {string} theme "" follows the device */
export function setTheme(theme) {
  wear(theme);
  change({ theme });
  writeFacts({ theme }).catch(console.warn);
}

/** @param {string} language */
export async function setLanguage(language) {
  const spoken = await speak(language);
  change({ language: spoken });
  await writeFacts({ language: spoken });
}

/** @param {string} theme */
function wear(theme) {
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
}

/** A coarse pointer and nothing finer: no key names on the buttons. */
function watchInput() {
  const coarse = matchMedia("(pointer: coarse)");
  const tell = () => {
    document.documentElement.dataset.input = coarse.matches ? "touch" : "keys";
    change({});
  };
  coarse.addEventListener("change", tell);
  tell();
}

export async function rememberLooks() {
  const [theme, language] = await Promise.all([readFact("theme"), readFact("language")]);
  const wished = [language, navigator.language.slice(0, 2)].find((one) => LANGUAGES.includes(one));
  const spoken = await speak(wished ?? state.language);
  wear(theme ?? "");
  change({ theme: theme ?? "", language: spoken });
  watchInput();
}
