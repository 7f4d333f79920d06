import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { problem } from "./responses.ts";
import type { HttpRequest, Reply } from "./responses.ts";

const types: Readonly<Record<string, string>> = {
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

type Asset = { readonly body: Buffer; readonly type: string; readonly tag: string };

/** The style sheets, scripts and pictures that lie beside the pages, read once. Pages name them by content. */
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

  reply({ params, query }: HttpRequest): Reply {
    const asset = this.#assets.get(params["name"] ?? "");
    if (asset === undefined) return problem(404, "not_found", "There is no such file.");
    const named = query.get("v") === asset.tag;
    return {
      type: "content",
      status: 200,
      headers: {
        "content-type": asset.type,
        "cache-control": named ? "public, max-age=31536000, immutable" : "no-cache",
        "x-content-type-options": "nosniff",
      },
      body: asset.body,
    };
  }
}
