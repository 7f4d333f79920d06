import type { Refusal } from "../faults/plan.ts";
import { gatewayId } from "../mpesa/ids.ts";
import type { Entropy } from "../shared/entropy.ts";
import { toJson } from "../shared/json.ts";
import type { Json } from "../shared/json.ts";

/** An HTTP answer, or a connection fault: a reset, or silence for some milliseconds before the connection closes. */
export type Answer =
  | {
      readonly type: "text";
      readonly status: number;
      readonly contentType: string;
      readonly body: string;
    }
  | { readonly type: "reset" }
  | { readonly type: "silence"; readonly forMs: number };

const jsonType = "application/json;charset=UTF-8";

export function jsonAnswer(status: number, body: Json): Answer {
  return { type: "text", status, contentType: jsonType, body: toJson(body) };
}

/** Daraja's error envelope; the keys are in this order (documented). */
export function errorAnswer(
  entropy: Entropy,
  status: number,
  errorCode: string,
  errorMessage: string,
): Answer {
  return jsonAnswer(status, { requestId: gatewayId(entropy), errorCode, errorMessage });
}

/** `400.002.02` with the field's name (documented). */
export function invalidField(entropy: Entropy, field: string): Answer {
  return errorAnswer(entropy, 400, "400.002.02", `Bad Request - Invalid ${field}`);
}

export function refusalAnswer(entropy: Entropy, refusal: Refusal): Answer {
  switch (refusal.type) {
    case "error":
      return errorAnswer(entropy, refusal.status, refusal.code, refusal.message);
    case "apigee":
      return jsonAnswer(refusal.status, {
        fault: { faultstring: refusal.message, detail: { errorcode: refusal.code } },
      });
    case "html":
      return {
        type: "text",
        status: refusal.status,
        contentType: "text/html",
        body: htmlPage(refusal.status),
      };
    case "reset":
      return { type: "reset" };
    case "silence":
      return { type: "silence", forMs: refusal.forMs };
  }
}

function htmlPage(status: number): string {
  return status === 403
    ? '<html style="height:100%"><head><META NAME="ROBOTS" CONTENT="NOINDEX, NOFOLLOW"></head><body>Request unsuccessful. Incapsula incident ID: 0-0</body></html>\r\n'
    : `<html>\r\n<head><title>${status} Bad Gateway</title></head>\r\n<body>\r\n<center><h1>${status} Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n`;
}
