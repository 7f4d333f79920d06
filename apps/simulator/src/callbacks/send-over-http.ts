import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Delivery, DeliveryAnswer } from "./deliveries.ts";

const timeoutMs = 15_000;
const maxAnswerLength = 10_000;

/**
 * Posts a callback as Safaricom does (observed): exact path, `application/json;charset=UTF-8`, the header
 * `Businessshortcode` in this spelling, no signature, no redirects followed. Never rejects.
 */
export function sendOverHttp(delivery: Delivery): Promise<DeliveryAnswer> {
  const url = new URL(delivery.url);
  const body = Buffer.from(delivery.body);
  return new Promise((resolve) => {
    const request = (url.protocol === "https:" ? httpsRequest : httpRequest)(
      url,
      {
        method: "POST",
        timeout: timeoutMs,
        headers: {
          "content-type": "application/json;charset=UTF-8",
          "content-length": body.length,
          Businessshortcode: delivery.shortcode,
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        let length = 0;
        response.on("data", (chunk: Buffer) => {
          length += chunk.length;
          if (length <= maxAnswerLength) chunks.push(chunk);
        });
        response.on("close", () =>
          resolve({
            status: response.complete ? (response.statusCode ?? null) : null,
            body: Buffer.concat(chunks).toString("utf8"),
          }),
        );
      },
    );
    request.on("timeout", () => request.destroy(new Error("timeout")));
    request.on("error", (error) => resolve({ status: null, body: error.message }));
    request.end(body);
  });
}
