// Imports: dropping a file and saying what it looks like, how far the upload and the work are. Every page works without it.
document.documentElement.classList.add("has-script");

// ---------- Progress of a running import or export ----------
const EVERY = 1000;

class Watch {
  constructor(panel) {
    this.panel = panel;
    this.bar = panel.querySelector("progress");
    this.text = panel.querySelector("[data-progress-text]");
    this.said = panel.querySelector("[data-progress-said]");
    this.first = null;
    this.timer = 0;
    this.ended = false;
    document.addEventListener("visibilitychange", () => this.plan());
    this.plan();
  }

  // A tab that nobody sees asks nothing; it catches up when it is looked at.
  plan() {
    clearTimeout(this.timer);
    if (!this.ended && document.visibilityState === "visible") this.timer = setTimeout(() => this.ask(), EVERY);
  }

  async ask() {
    try {
      const answer = await fetch(this.panel.dataset.progress, { headers: { Accept: "application/json" }, credentials: "same-origin" });
      if (answer.redirected || answer.status === 403 || answer.status === 404) {
        this.ended = true;
        return location.reload();
      }
      if (answer.ok) this.show(await answer.json());
    } catch {
      // The connection is away for a moment; the work is not. The next try shows it.
    }
    this.plan();
  }

  show(now) {
    if (!now.running) {
      this.ended = true;
      this.said.textContent = now.ended;
      location.reload();
      return;
    }
    if (now.total) {
      this.bar.max = now.total;
      this.bar.value = now.done;
    } else {
      this.bar.removeAttribute("value");
    }
    this.text.textContent = [now.text, this.left(now)].filter(Boolean).join(", ");
  }

  // From what was done since this page first asked; said only when it is more than a guess.
  left(now) {
    const at = performance.now();
    if (!now.total || now.waiting) return "";
    if (!this.first || now.done < this.first.done) this.first = { done: now.done, at };
    const done = now.done - this.first.done;
    const seconds = (at - this.first.at) / 1000;
    if (done <= 0 || seconds < 2) return "";
    const left = Math.ceil(((now.total - now.done) * seconds) / done);
    const template = left < 90 ? this.panel.dataset.secondsLeft : this.panel.dataset.minutesLeft;
    return (template ?? "").replace("{n}", String(left < 90 ? left : Math.round(left / 60)));
  }
}

for (const panel of document.querySelectorAll("[data-progress]")) new Watch(panel);

// ---------- Upload ----------
function sized(bytes) {
  return bytes < 1024 * 1024 ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

// The first line names the columns, and the columns name the format.
async function guess(file, known) {
  if (/\.xlsx$/i.test(file.name)) return known.table;
  if (/\.gz$/i.test(file.name)) return null;
  const start = (await file.slice(0, 65536).text()).replace(/^\ufeff/, "");
  const line = start.split(/\r?\n/, 1)[0];
  const columns = new Set(line.split(/[,;\t]/).map((cell) => cell.trim().replace(/^"|"$/g, "")));
  const found = Object.values(known).find((one) => one.columns.length > 0 && one.columns.every((name) => columns.has(name)));
  return found ?? known.table;
}

function broken(form) {
  form.querySelector("[data-sending]").hidden = true;
  form.querySelector("button.button--filled").disabled = false;
  form.querySelector("[data-file-chosen]").textContent = form.querySelector("[data-drop-zone]").dataset.broken;
}

function upload(form) {
  const sending = form.querySelector("[data-sending]");
  const sent = form.querySelector("[data-sent]");
  const bar = sending.querySelector("progress");
  const request = new XMLHttpRequest();
  request.upload.addEventListener("progress", (event) => {
    if (!event.lengthComputable) return;
    bar.value = (100 * event.loaded) / event.total;
    sent.textContent = `${sized(event.loaded)} / ${sized(event.total)}`;
  });
  request.addEventListener("load", () => {
    // The server answers with the page of the new run, or with the form and what is wrong.
    if (request.status < 400 && request.responseURL) return location.assign(request.responseURL);
    const page = new DOMParser().parseFromString(request.responseText, "text/html").querySelector("form.upload");
    if (!page) return broken(form);
    form.replaceWith(document.importNode(page, true));
    begin();
    document.getElementById("id_file").focus();
  });
  request.addEventListener("error", () => broken(form));
  request.open("POST", form.action || location.href);
  request.send(new FormData(form));
  sending.hidden = false;
  form.querySelector("button.button--filled").disabled = true;
}

function begin() {
  const place = document.querySelector("[data-drop-zone]");
  const form = document.querySelector("form.upload");
  if (!place || !form) return;
  const input = place.querySelector("input[type=file]");
  // Unfold's own script looks for a text field beside every file field; this one has none.
  input.hasChangeListener = true;
  const chosen = place.querySelector("[data-file-chosen]");
  const hint = document.querySelector("[data-guess]");
  const known = JSON.parse(document.getElementById("known-headers")?.textContent ?? "{}");
  const usual = hint?.textContent;

  const show = async () => {
    const file = input.files[0];
    chosen.textContent = file ? `${file.name}, ${sized(file.size)}` : "";
    hint.textContent = usual;
    hint.classList.remove("guess-known");
    if (!file) return;
    if (file.size > Number(place.dataset.largest)) {
      chosen.textContent = place.dataset.tooLarge;
      return;
    }
    const found = await guess(file, known).catch(() => null);
    if (found && input.files[0] === file) {
      hint.textContent = found.says;
      hint.classList.add("guess-known");
    }
  };
  input.addEventListener("change", show);
  for (const name of ["dragenter", "dragover"]) place.addEventListener(name, () => place.classList.add("is-over"));
  for (const name of ["dragleave", "drop"]) place.addEventListener(name, () => place.classList.remove("is-over"));
  form.addEventListener("submit", (event) => {
    if (!input.files.length || input.files[0].size > Number(place.dataset.largest)) return;
    event.preventDefault();
    upload(form);
  });
  show();
}

begin();
