/* global GraphiQL, React, ReactDOM */
"use strict";

const token = document.querySelector("input[name=csrfmiddlewaretoken]").value;
const fetcher = GraphiQL.createFetcher({ url: "/graphql/", headers: { "X-CSRFToken": token } });
const example = "{\n  products(first: 5) {\n    nodes {\n      name\n      variants { sku gtins prices { formatted currency } }\n    }\n  }\n}\n";

ReactDOM.createRoot(document.getElementById("graphiql")).render(React.createElement(GraphiQL, { fetcher, defaultQuery: example }));
