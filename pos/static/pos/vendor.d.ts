/* The compiler cannot see /static/vendor: these are the packages behind it. */

declare module "*/vendor/lit-html/lit-html.js" {
  export * from "lit-html";
}
declare module "*/vendor/lit-html/directives/repeat.js" {
  export * from "lit-html/directives/repeat.js";
}
declare module "*/vendor/lit-html/directive.js" {
  export * from "lit-html/directive.js";
}
declare module "*/vendor/idb/index.js" {
  export * from "idb";
}
