import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Request, Response } from "express";
import { pathParameter, queryOf } from "./requests.ts";
import { sendProblem } from "./responses.ts";

const types: Readonly<Record<string, string>> = {
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

type Asset = { readonly body: Buffer; readonly type: string; readonly tag: string };

/** The pages' style sheets, scripts and images, read once. Their URLs contain a hash, so browsers may cache them. */
export class Assets {
  readonly #assets: ReadonlyMap<string, Asset>;

  /** @param folder a URL that ends with a slash. */
  constructor(folder: URL, names: readonly string[]) {
    this.#assets = new Map(
      names.map((name) => {
        const body = readFileSync(new URL(name, folder));
        const type = types[name.split(".").at(-1) ?? ""];
        if (type === undefined) throw new Error(`${name} has no known type`);
        const tag = createHash("sha256").update(body).digest("hex").slice(0, 12);
        return [name, { body, type, tag }];
      }),
    );
  }

  /** `/assets/handset.css?v=0123…` */
  url(name: string): string {
    const asset = this.#assets.get(name);
    if (asset === undefined) throw new Error(`There is no asset ${name}`);
    return `/assets/${name}?v=${asset.tag}`;
  }

  /** Handles `/assets/:name`. */
  serve(request: Request, response: Response): void {
    const asset = this.#assets.get(pathParameter(request, "name"));
    if (asset === undefined) {
      sendProblem(response, 404, "not_found", "There is no such file.");
      return;
    }
    const current = queryOf(request).get("v") === asset.tag;
    response
      .set("cache-control", current ? "public, max-age=31536000, immutable" : "no-cache")
      .set("x-content-type-options", "nosniff")
      .type(asset.type)
      .send(asset.body);
  }
}
