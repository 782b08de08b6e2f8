"""A till that prints first and keeps the sale a moment later."""

LATE_MS = 300
# The store says at once that it has the entry, and has it only later; the mirror hears of it later too.
SCRIPT = f"""
(() => {{
  const add = IDBObjectStore.prototype.add;
  IDBObjectStore.prototype.add = function (value, ...key) {{
    if (this.name !== "entries") return add.call(this, value, ...key);
    const db = this.transaction.db;
    setTimeout(() => add.call(db.transaction("entries", "readwrite").objectStore("entries"), value, ...key), {LATE_MS});
    return this.count();
  }};
  const post = Worker.prototype.postMessage;
  Worker.prototype.postMessage = function (...given) {{
    setTimeout(() => post.apply(this, given), {LATE_MS});
  }};
}})();
"""
