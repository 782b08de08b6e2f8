// Which lines a promotion is about.

/** Of every group one of its values, and nothing that is excepted. No groups at all: every line. */
export class Selection {
  /** @param {SelectionData} data */
  constructor(data) {
    this.groups = Object.entries(data.any).map(([group, values]) => new Set(values.map((value) => `${group}:${value}`)));
    this.without = new Set(Object.entries(data.except).flatMap(([group, values]) => values.map((value) => `${group}:${value}`)));
    // The group with the fewest values finds the fewest lines: the index goes by it.
    this.keys = this.groups.reduce((least, group) => (least && least.size <= group.size ? least : group), /** @type {Set<string> | undefined} */ (undefined)) ?? new Set();
    this.plain = this.groups.length === 1 && !this.without.size;
  }

  /** @param {{facets: string[]}} line */
  matches({ facets }) {
    for (const group of this.groups) if (!facets.some((facet) => group.has(facet))) return false;
    return !this.without.size || !facets.some((facet) => this.without.has(facet));
  }

  /** @template {{facets: string[]}} T @param {T[]} lines @returns {T[]} */
  among(lines) {
    return lines.filter((line) => this.matches(line));
  }
}
