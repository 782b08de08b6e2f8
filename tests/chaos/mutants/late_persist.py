"""A till that prints first and keeps the sale a moment later."""

LATE_MS = 300
# The transaction of an entry is said to be over when it has only begun, and held open: a page that dies meanwhile has kept
# nothing, head and number included. The mirror hears of it later too.
SCRIPT = f"""
(() => {{
  const add = IDBObjectStore.prototype.add;
  IDBObjectStore.prototype.add = function (...given) {{
    const asked = add.apply(this, given);
    if (this.name !== "entries") return asked;
    const end = performance.now() + {LATE_MS};
    const hold = () => {{ if (performance.now() < end) this.count().onsuccess = hold; }};
    hold();
    asked.addEventListener("success", () => setTimeout(() => this.transaction.dispatchEvent(new Event("complete")), 0));
    return asked;
  }};
  const post = Worker.prototype.postMessage;
  Worker.prototype.postMessage = function (...given) {{
    setTimeout(() => post.apply(this, given), {LATE_MS});
  }};
}})();
"""
