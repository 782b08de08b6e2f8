// The till names its packages by their address on the server; here they are the installed ones.
export function resolve(specifier, context, next) {
  const found = specifier.match(/\/vendor\/(lit-html|idb)\/(.+)$/);
  if (!found) return next(specifier, context);
  const file = found[1] === "idb" ? `build/${found[2]}` : `node/${found[2]}`;
  return next(new URL(`../../node_modules/${found[1]}/${file}`, import.meta.url).href, context);
}
