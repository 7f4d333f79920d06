import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import express from "express";
import type { RequestHandler } from "express";

/**
 * Serves the console's built files: public, because everything in them is in the repository, and compressed where the
 * build left a compressed copy beside a file.
 */
export function consoleFiles(folder: string): RequestHandler {
  const compressed = new Set(
    existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".br")) : [],
  );
  const files = express.static(folder, {
    index: "index.html",
    redirect: false,
    setHeaders: (response) => response.setHeader("cache-control", "no-cache"),
  });
  return (request, response, next) => {
    const name = path.posix.basename(request.path);
    if (request.path === `/${name}` && compressed.has(`${name}.br`)) {
      response.vary("accept-encoding");
      if (request.acceptsEncodings("br") === "br") {
        response.type(path.posix.extname(name));
        response.setHeader("content-encoding", "br");
        request.url = `/${name}.br`;
      }
    }
    files(request, response, next);
  };
}
