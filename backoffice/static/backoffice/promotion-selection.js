// A selection as chips: what is in, what is left out, and a list that is searched. The two text fields behind it are what is sent.

const icon = (name) => {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#icon-${name}`);
  svg.append(use);
  return svg;
};

const made = (tag, className, ...parts) => {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...parts);
  return element;
};

const lines = (field) => field.value.split("\n").map((line) => line.trim()).filter(Boolean);

/** Chips for one `root`; `labels` say what facets are called, `changed` is told after every change. */
export class Selection {
  constructor(root, { labels, texts, choices, changed }) {
    Object.assign(this, { root, labels, texts, choices, changed });
    [this.within, this.without] = root.querySelectorAll("textarea");
    this.plain = root.querySelector(".selection-plain");
    this.plain.hidden = true;
    this.box = made("span", "selection-box");
    this.box.setAttribute("role", "group");
    this.box.setAttribute("aria-label", root.dataset.label);
    this.counted = root.querySelector(".selection-count");
    root.prepend(this.box);
    if (this.within.getAttribute("aria-invalid") === "true") root.dataset.wrong = "";
    this.draw();
  }

  draw() {
    const chips = [...lines(this.within).map((facet) => this.chip(facet, false)), ...lines(this.without).map((facet) => this.chip(facet, true))];
    if (!lines(this.within).length) chips.unshift(made("span", "selection-empty", this.root.dataset.empty));
    chips.push(this.counted);
    if (!("locked" in this.root.dataset)) {
      this.adding = made("button", "selection-add", this.texts.add);
      this.adding.type = "button";
      this.adding.setAttribute("aria-haspopup", "listbox");
      this.adding.setAttribute("aria-label", `${this.texts.add}: ${this.root.dataset.label}`);
      this.adding.addEventListener("click", () => this.open());
      chips.push(this.adding);
    }
    this.box.replaceChildren(...chips);
  }

  called(facet) {
    return this.labels[facet] || facet.slice(facet.indexOf(":") + 1);
  }

  chip(facet, out) {
    const chip = made("span", `selection-chip${out ? " selection-chip--out" : ""}`, made("span", "", this.called(facet)));
    if (out) chip.firstChild.setAttribute("aria-label", `${this.texts.left_out} ${this.called(facet)}`);
    chip.title = facet.slice(0, facet.indexOf(":")).replace("attribute.", "");
    if ("locked" in this.root.dataset) return made("span", "", chip).firstChild;
    const button = made("button", "", icon("x"));
    button.type = "button";
    button.setAttribute("aria-label", this.texts.remove.replace("NAME", this.called(facet)));
    button.addEventListener("click", () => {
      this.write(out ? this.without : this.within, lines(out ? this.without : this.within).filter((one) => one !== facet));
      this.adding.focus();
    });
    chip.append(button);
    return chip;
  }

  write(field, facets) {
    field.value = [...new Set(facets)].join("\n");
    delete this.root.dataset.wrong;
    this.draw();
    field.dispatchEvent(new Event("input", { bubbles: true }));
    this.changed();
  }

  leaveOut(facets) {
    this.write(this.without, [...lines(this.without), ...facets]);
  }

  // The list

  open() {
    if (this.list) return this.close();
    this.input = made("input", "input");
    Object.assign(this.input, { type: "search", placeholder: this.texts.find, autocomplete: "off" });
    for (const [name, value] of [["role", "combobox"], ["aria-expanded", "true"], ["aria-label", this.texts.find]]) this.input.setAttribute(name, value);
    this.input.id = `${this.within.id}-find`;
    this.results = made("ul");
    this.results.id = `${this.within.id}-found`;
    this.results.setAttribute("role", "listbox");
    this.input.setAttribute("aria-controls", this.results.id);
    this.out = made("input");
    this.out.type = "checkbox";
    this.list = made("div", "selection-list", this.input, made("label", "choice", this.out, this.texts.leave_out), this.results);
    this.list.addEventListener("input", (event) => event.stopPropagation());
    this.list.addEventListener("change", (event) => event.stopPropagation());
    this.input.addEventListener("input", () => this.search());
    this.list.addEventListener("keydown", (event) => this.key(event));
    this.away = (event) => { if (!this.root.contains(event.target)) this.close(false); };
    document.addEventListener("pointerdown", this.away);
    this.root.append(this.list);
    this.input.focus();
    this.search(0);
  }

  close(focus = true) {
    document.removeEventListener("pointerdown", this.away);
    this.list?.remove();
    this.list = null;
    if (focus) this.adding.focus();
  }

  search(wait = 150) {
    clearTimeout(this.timer);
    this.timer = setTimeout(async () => {
      this.asked?.abort();
      this.asked = new AbortController();
      try {
        const answer = await fetch(`${this.choices}?q=${encodeURIComponent(this.input.value)}`, { signal: this.asked.signal });
        if (answer.ok && this.list) this.show((await answer.json()).choices);
      } catch (error) {
        if (error.name !== "AbortError") this.show([]);
      }
    }, wait);
  }

  show(choices) {
    this.results.replaceChildren(...choices.map((choice, place) => {
      const row = made("li", "", made("b", "", choice.name), made("span", "", choice.sort));
      row.id = `${this.results.id}-${place}`;
      row.setAttribute("role", "option");
      row.addEventListener("click", () => this.take(choice));
      row.choice = choice;
      return row;
    }));
    if (!choices.length) this.results.append(made("li", "muted", this.texts.nothing));
    this.mark(0);
  }

  mark(place) {
    const rows = [...this.results.querySelectorAll("[role=option]")];
    if (!rows.length) return;
    this.at = (place + rows.length) % rows.length;
    rows.forEach((row, number) => row.setAttribute("aria-selected", String(number === this.at)));
    this.input.setAttribute("aria-activedescendant", rows[this.at].id);
    rows[this.at].scrollIntoView({ block: "nearest" });
  }

  key(event) {
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key === "Escape") this.close();
    else if (event.key in steps && event.target === this.input) this.mark((this.at ?? 0) + steps[event.key]);
    else if (event.key === "Enter" && event.target === this.input) {
      const row = this.results.querySelector("[aria-selected=true]");
      if (row) this.take(row.choice);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  take(choice) {
    this.labels[choice.facet] = choice.name;
    const field = this.out.checked ? this.without : this.within;
    this.close(false);
    this.write(field, [...lines(field), choice.facet]);
    this.adding.focus();
  }
}
