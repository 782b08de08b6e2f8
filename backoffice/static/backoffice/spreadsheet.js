// What is pasted from a spreadsheet: rows of cells, and which column is which.

// What the first row of a pasted block may call a column.
const HEADS = { sku: "sku", article: "sku", "article number": "sku", "new price": "price", price: "price", "new cost": "cost", cost: "cost" };
Object.assign(HEADS, { "cost price": "cost", product: "name", title: "name", barcode: "gtin", ean: "gtin", "net content": "net_content" });
Object.assign(HEADS, { content: "net_content", "life cycle": "life_cycle", "tax class": "tax_class", tax: "tax_class" });
for (const name of ["name", "brand", "category", "status", "life_cycle", "tags", "net_content", "gtin", "tax_class"]) HEADS[name] = name;

// Rows of cells. A spreadsheet puts cells that hold tabs, breaks or quotes between quotes.
export function parsed(text) {
  const lines = [[""]];
  let quoted = false;
  for (let place = 0; place < text.length; place++) {
    const letter = text[place];
    const line = lines.at(-1);
    if (quoted && letter === '"' && text[place + 1] === '"') {
      line[line.length - 1] += '"';
      place++;
    } else if (letter === '"' && (quoted || line.at(-1) === "")) {
      quoted = !quoted;
    } else if (!quoted && letter === "\t") {
      line.push("");
    } else if (!quoted && (letter === "\n" || letter === "\r")) {
      if (letter === "\r" && text[place + 1] === "\n") place++;
      lines.push([""]);
    } else {
      line[line.length - 1] += letter;
    }
  }
  return lines.map((line) => line.map((cell) => cell.trim())).filter((line) => line.some(Boolean));
}

// The columns of a first row that names them; null where it holds products already.
export function headOf(line, skus) {
  const names = line.map((cell) => HEADS[cell.toLowerCase()]);
  return names.some(Boolean) && !line.some((cell) => skus.has(cell)) ? names : null;
}
