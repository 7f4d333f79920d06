import { createReadStream, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import path from "node:path";
import process from "node:process";
import { readConfiguration } from "./configuration.mts";

/**
 * Environment of the server, which serves the built app: static, precompressed files under a strict content security
 * policy.
 */
const configuration = readConfiguration(process.env);

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".wasm": "application/wasm",
  ".woff2": "font/woff2",
  ".webmanifest": "application/manifest+json",
};

const folder = configuration.WEB_ROOT;
const api = configuration.API_URL;
const esplora = configuration.ESPLORA_URLS;
const watchtower = configuration.WATCHTOWER ?? "";
const origins = new Set([
  api,
  ...configuration.CONNECT_ORIGINS,
  ...esplora.map((url) => new URL(url).origin),
  ...(watchtower === "" ? [] : [new URL(watchtower.slice(watchtower.indexOf("@") + 1)).origin]),
]);
const page = readFileSync(path.join(folder, "index.html"), "utf8")
  .replace(
    '<meta name="satsconnect-api" content="">',
    `<meta name="satsconnect-api" content="${api}">`,
  )
  .replace(
    '<meta name="satsconnect-esplora" content="">',
    `<meta name="satsconnect-esplora" content="${esplora.join(",")}">`,
  )
  .replace(
    '<meta name="satsconnect-watchtower" content="">',
    `<meta name="satsconnect-watchtower" content="${watchtower}">`,
  );
const headers: Readonly<Record<string, string>> = {
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    // React Native for the web creates one empty style element and adds its rules through the CSSOM.
    "style-src 'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "worker-src 'self'",
    "manifest-src 'self'",
    `connect-src 'self' ${[...origins].join(" ")}`,
    "media-src 'self' blob:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
  "permissions-policy": "camera=(self), microphone=(), geolocation=(), payment=(), usb=()",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
};

function serve(request: IncomingMessage, response: ServerResponse): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.writeHead(405, { allow: "GET, HEAD" }).end();
    return;
  }
  const pathname = pathOf(request.url ?? "/");
  if (pathname === null) {
    response.writeHead(400, { "content-type": "text/plain; charset=utf-8" }).end("Bad request.");
    return;
  }
  if (pathname === "/health") {
    response.writeHead(200, { "content-type": "application/json" }).end('{"status":"ok"}');
    return;
  }
  if (pathname === "/" || pathname === "/index.html") {
    response.writeHead(200, {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-cache",
    });
    response.end(request.method === "HEAD" ? undefined : page);
    return;
  }
  const file = path.join(folder, path.normalize(pathname));
  const type = types[path.extname(file)];
  if (type === undefined || !file.startsWith(folder + path.sep) || !isFile(file)) {
    response.writeHead(404, { "content-type": "text/plain; charset=utf-8" }).end("Not found.");
    return;
  }
  // A file whose name carries a content hash never changes.
  const hashed = /-[0-9a-f]{16,}\.\w+$/u.test(file);
  const encoding = encodingFor(request, file);
  response.writeHead(200, {
    "content-type": type,
    "cache-control": hashed ? "public, max-age=31536000, immutable" : "no-cache",
    vary: "accept-encoding",
    ...(encoding === null ? {} : { "content-encoding": encoding }),
  });
  if (request.method === "HEAD") {
    response.end();
    return;
  }
  const ending = encoding === "br" ? ".br" : encoding === "gzip" ? ".gz" : "";
  createReadStream(file + ending)
    .on("error", () => response.destroy())
    .pipe(response);
}

/** The path of a request target, normalised; null if it is not one. A target is a path, never a URL with a host. */
function pathOf(target: string): string | null {
  const [path = ""] = target.split(/[?#]/u, 1);
  // The slash before it keeps "//host" from being read as a host.
  return path.startsWith("/") ? new URL(`http://wallet/.${path}`).pathname : null;
}

/** A name that is too long, or goes through a file, names no file. */
function isFile(file: string): boolean {
  try {
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

function encodingFor(request: IncomingMessage, file: string): "br" | "gzip" | null {
  const accepted = request.headers["accept-encoding"] ?? "";
  if (/\bbr\b/u.test(accepted) && isFile(`${file}.br`)) return "br";
  if (/\bgzip\b/u.test(accepted) && isFile(`${file}.gz`)) return "gzip";
  return null;
}

const { host, port } = configuration.HTTP_LISTEN;
const server = createServer((request, response) => {
  try {
    serve(request, response);
  } catch (error) {
    process.stderr.write(
      `${JSON.stringify({ level: 50, time: new Date().toISOString(), app: "wallet", msg: "request failed", error: String(error) })}\n`,
    );
    if (response.headersSent) response.destroy();
    else response.writeHead(500, { "content-type": "text/plain; charset=utf-8" }).end("Error.");
  }
});
server.listen(port, host, () => {
  process.stdout.write(
    `${JSON.stringify({ level: 30, time: new Date().toISOString(), app: "wallet", msg: "ready" })}\n`,
  );
});
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => {
    server.close(() => process.exit(0));
    server.closeAllConnections();
  });
}
