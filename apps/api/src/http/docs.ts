import type { Express } from "express";
import { openApiDocument } from "@satsconnect/contracts";

type Json = { readonly [key: string]: unknown };

/**
 * Serves `/openapi.json`, and `/docs`: the same document as one HTML page without scripts or third-party resources.
 */
export function mountDocs(app: Express): void {
  const document = openApiDocument();
  const json = JSON.stringify(document);
  const page = renderPage(document);
  app.get("/openapi.json", (_request, response) => {
    response.locals["route"] = "openapi";
    response.type("application/json").send(json);
  });
  app.get("/docs", (_request, response) => {
    response.locals["route"] = "docs";
    response.type("text/html").send(page);
  });
  app.get("/docs/style.css", (_request, response) => {
    response.locals["route"] = "docs";
    response.type("text/css").send(style);
  });
}

function renderPage(document: Json): string {
  const info = document["info"] as Json;
  const tags = document["tags"] as readonly { name: string; description: string }[];
  const operations = operationsOf(document);
  const schemas = Object.entries(
    (document["components"] as Json)["schemas"] as Record<string, Json>,
  );
  const problems = document["x-problems"] as readonly {
    code: string;
    status: number;
    title: string;
    retry: string;
  }[];
  return [
    "<!doctype html><html lang=en><head><meta charset=utf-8>",
    `<meta name=viewport content="width=device-width,initial-scale=1"><title>${escapeHtml(info["title"])}</title>`,
    "<link rel=stylesheet href=/docs/style.css></head><body>",
    `<nav><h1>${escapeHtml(info["title"])}</h1><p><a href=/openapi.json>openapi.json</a></p>`,
    ...tags.map(
      ({ name }) =>
        `<h2>${escapeHtml(name)}</h2><ul>${operations
          .filter(({ tag }) => tag === name)
          .map(
            ({ id, method, path }) =>
              `<li><a href="#${id}"><b>${method}</b> ${escapeHtml(path)}</a></li>`,
          )
          .join("")}</ul>`,
    ),
    "<h2>More</h2><ul><li><a href=#problems>Problems</a></li><li><a href=#schemas>Schemas</a></li></ul></nav><main>",
    `<p class=lead>${escapeHtml(info["summary"])}</p><p>${escapeHtml(info["description"])}</p>`,
    ...tags.map(
      ({ name, description }) =>
        `<section><h2>${escapeHtml(name)}</h2><p>${escapeHtml(description)}</p>${operations
          .filter(({ tag }) => tag === name)
          .map(renderOperation)
          .join("")}</section>`,
    ),
    "<section id=problems><h2>Problems</h2><table><thead><tr><th>code<th>status<th>means<th>retry</thead><tbody>",
    ...problems.map(
      ({ code, status, title, retry }) =>
        `<tr id="problem-${code}"><td><code>${escapeHtml(code)}</code><td>${status}<td>${escapeHtml(title)}<td>${escapeHtml(retry)}`,
    ),
    "</tbody></table></section><section id=schemas><h2>Schemas</h2>",
    ...schemas.map(([name, schema]) => renderSchema(name, schema)),
    "</section></main></body></html>",
  ].join("\n");
}

type Operation = {
  readonly id: string;
  readonly tag: string;
  readonly method: string;
  readonly path: string;
  readonly details: Json;
};

function operationsOf(document: Json): readonly Operation[] {
  return Object.entries(document["paths"] as Record<string, Record<string, Json>>).flatMap(
    ([path, methods]) =>
      Object.entries(methods).map(([method, details]) => ({
        id: String(details["operationId"]),
        tag: String((details["tags"] as readonly string[])[0]),
        method: method.toUpperCase(),
        path,
        details,
      })),
  );
}

function renderOperation({ id, method, path, details }: Operation): string {
  const parameters = (details["parameters"] ?? []) as readonly Json[];
  const body = (details["requestBody"] as Json | undefined)?.["content"] as Json | undefined;
  const responses = Object.entries(details["responses"] as Record<string, Json>);
  const secured = (details["security"] as readonly unknown[]).length > 0;
  return [
    `<article id="${id}"><h3><b>${method}</b> <code>${escapeHtml(path)}</code>${secured ? " <em>token</em>" : ""}</h3>`,
    `<p class=lead>${escapeHtml(details["summary"])}</p>`,
    details["description"] === undefined ? "" : `<p>${renderText(details["description"])}</p>`,
    parameters.length === 0
      ? ""
      : `<table><tbody>${parameters
          .map(
            (parameter) =>
              `<tr><td><code>${escapeHtml(parameter["name"])}</code><td>${escapeHtml(parameter["in"])}${parameter["required"] === true ? ", required" : ""}<td>${renderText(parameter["description"] ?? "")} ${renderType(parameter["schema"] as Json)}`,
          )
          .join("")}</tbody></table>`,
    body === undefined ? "" : `<p>Body: ${contentType(body)}</p>`,
    "<table><tbody>",
    ...responses.map(
      ([status, response]) =>
        `<tr><td>${status}<td>${renderText(response["description"])} ${Number(status) < 400 ? contentType((response["content"] ?? {}) as Json) : ""}`,
    ),
    "</tbody></table></article>",
  ].join("\n");
}

function renderSchema(name: string, schema: Json): string {
  const properties = Object.entries((schema["properties"] ?? {}) as Record<string, Json>);
  const required = new Set((schema["required"] ?? []) as readonly string[]);
  const examples = schema["examples"] as readonly unknown[] | undefined;
  return [
    `<article id="schema-${name}"><h3><code>${escapeHtml(name)}</code></h3>`,
    schema["description"] === undefined ? "" : `<p>${renderText(schema["description"])}</p>`,
    properties.length === 0
      ? `<p>${renderType(schema)}</p>`
      : `<table><tbody>${properties
          .map(
            ([property, value]) =>
              `<tr><td><code>${escapeHtml(property)}</code>${required.has(property) ? "" : " <small>optional</small>"}<td>${renderType(value)}<td>${renderText(value["description"] ?? "")}`,
          )
          .join("")}</tbody></table>`,
    examples === undefined ? "" : `<pre>${escapeHtml(JSON.stringify(examples[0], null, 2))}</pre>`,
    "</article>",
  ].join("\n");
}

function contentType(content: Json): string {
  return Object.values(content)
    .map((media) => renderType((media as Json)["schema"] as Json))
    .join(" ");
}

/** A schema as a short phrase, with links to the named schemas. */
function renderType(schema: Json): string {
  const reference = schema["$ref"];
  if (typeof reference === "string") {
    const name = escapeHtml(reference.split("/").at(-1));
    return `<a href="#schema-${name}">${name}</a>`;
  }
  const choices = (schema["oneOf"] ?? schema["anyOf"]) as readonly Json[] | undefined;
  if (choices !== undefined && schema["properties"] === undefined)
    return choices.map(renderType).join(" or ");
  if (schema["enum"] !== undefined)
    return (schema["enum"] as readonly unknown[])
      .map((value) => `<code>${escapeHtml(value)}</code>`)
      .join(" ");
  if (schema["const"] !== undefined) return `<code>${escapeHtml(schema["const"])}</code>`;
  if (schema["type"] === "array") return `list of ${renderType((schema["items"] ?? {}) as Json)}`;
  if (schema["type"] === "object") {
    const properties = Object.entries((schema["properties"] ?? {}) as Record<string, Json>);
    return properties.length === 0
      ? "object"
      : `{ ${properties.map(([name, value]) => `<code>${escapeHtml(name)}</code>: ${renderType(value)}`).join(", ")} }`;
  }
  const pattern =
    typeof schema["pattern"] === "string" && schema["format"] === undefined
      ? ` <code>${escapeHtml(schema["pattern"])}</code>`
      : "";
  return `${escapeHtml(schema["format"] ?? schema["type"] ?? "anything")}${pattern}`;
}

function renderText(value: unknown): string {
  return escapeHtml(value).replaceAll(/`([^`]+)`/g, "<code>$1</code>");
}

function escapeHtml(value: unknown): string {
  const plain = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
  return plain
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

const style = `
:root{color-scheme:light dark;--line:#8884;--accent:#0a7d43}
*{box-sizing:border-box}
body{margin:0;font:16px/1.55 system-ui,sans-serif;display:grid;grid-template-columns:20rem minmax(0,1fr)}
nav{position:sticky;top:0;height:100vh;overflow:auto;padding:1.5rem;border-right:1px solid var(--line);font-size:.875rem}
nav h1{font-size:1.1rem;margin:0}nav h2{font-size:.875rem;margin:1.2rem 0 .3rem}nav ul{list-style:none;margin:0;padding:0}
nav li{overflow-wrap:anywhere}nav a{display:block;padding:.2rem 0}
a{color:var(--accent);text-decoration:none}a:hover{text-decoration:underline}
main{padding:1.5rem 2.5rem 6rem;max-width:62rem}
article{border-top:1px solid var(--line);padding:1rem 0}
h3{margin:0 0 .4rem;font-weight:500}h3 em{font-size:.75rem;border:1px solid var(--line);border-radius:.3rem;padding:0 .35rem}
.lead{font-weight:600;margin:.3rem 0}
table{border-collapse:collapse;width:100%;font-size:.9rem}td,th{border-top:1px solid var(--line);padding:.35rem .8rem .35rem 0;text-align:left;vertical-align:top}
code,pre{font:.9em ui-monospace,monospace;overflow-wrap:anywhere}pre{padding:.8rem;border:1px solid var(--line);border-radius:.4rem;overflow:auto}
:target{outline:2px solid var(--accent);outline-offset:.4rem}
@media(max-width:56rem){body{display:block}nav{position:static;height:auto;border-right:0;border-bottom:1px solid var(--line)}main{padding:1rem}}
`;
