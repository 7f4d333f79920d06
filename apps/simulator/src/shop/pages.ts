import type { LightningNode } from "@satsconnect/lightning";
import { formatSat, sat } from "@satsconnect/money";
import { page, problem, seeOther } from "../http/reply.ts";
import type { Router } from "../http/router.ts";
import { sellFor } from "./api.ts";
import { goods } from "./goods.ts";

const style = `
:root { color-scheme: light dark; --ink: #1d2b1f; --paper: #faf6ec; --leaf: #2e6b3a; --line: #d9cfb4; }
@media (prefers-color-scheme: dark) { :root { --ink: #f0ead9; --paper: #17201a; --leaf: #8ccf98; --line: #3a4a3d; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 40rem; padding: 1.5rem 1rem; background: var(--paper); color: var(--ink);
  font: 1.05rem/1.5 system-ui, sans-serif; }
h1 { color: var(--leaf); margin: 0 0 .25rem; }
ul { list-style: none; padding: 0; }
li { display: flex; gap: 1rem; align-items: center; justify-content: space-between; padding: .6rem 0;
  border-bottom: 1px solid var(--line); }
form { margin: 0; }
button { font: inherit; min-height: 3rem; padding: 0 1.25rem; border: 0; border-radius: .5rem; background: var(--leaf);
  color: var(--paper); cursor: pointer; }
textarea { width: 100%; min-height: 9rem; font: .9rem/1.4 ui-monospace, monospace; padding: .75rem; color: inherit;
  background: transparent; border: 1px solid var(--line); border-radius: .5rem; word-break: break-all; }
.paid { font-size: 1.5rem; color: var(--leaf); }
small { word-break: break-all; }
`;

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

function escaped(text: string): string {
  return text.replaceAll(/[&<>"]/g, (sign) => escapes[sign] ?? "");
}

function layout(title: string, body: string, refreshSeconds?: number): string {
  const refresh =
    refreshSeconds === undefined ? "" : `<meta http-equiv="refresh" content="${refreshSeconds}">`;
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
${refresh}<title>${escaped(title)}</title><link rel="stylesheet" href="/style.css"></head><body>${body}</body></html>`;
}

/** The shop for people: choose, take the invoice to the wallet, see that it was paid. Works without scripts. */
export function merchantPages(router: Router, node: LightningNode): void {
  router.get("/style.css", () => ({
    type: "content",
    status: 200,
    headers: { "content-type": "text/css; charset=utf-8" },
    body: style,
  }));

  router.get("/", () => {
    const items = goods.map(
      ({ id, name, priceSat }) =>
        `<li><span>${escaped(name)}<br><strong>${formatSat(sat(priceSat))}</strong></span>
<form method="post" action="/buy/${id}"><button>Buy</button></form></li>`,
    );
    return page(
      layout(
        "Mama Mboga's shop",
        `<h1>Mama Mboga</h1><p>Fresh from Marikiti. Pay with any Lightning wallet.</p><ul>${items.join("")}</ul>
<p><small>Node ${node.nodeId}</small></p>`,
      ),
    );
  });

  router.post("/buy/:id", async ({ params }) => {
    const good = goods.find(({ id }) => id === params["id"]);
    if (good === undefined) return problem(404, "not_found", "The shop does not sell this.");
    const made = await sellFor(node, good.priceSat, good.name);
    if (!made.ok) return problem(503, made.error.code, made.error.message);
    return seeOther(`/order/${made.value.paymentHash}`);
  });

  router.get("/order/:hash", async ({ params }) => {
    const payment = await node.payment(params["hash"] ?? "", "inbound");
    if (payment?.direction !== "inbound" || payment.request === null) {
      return problem(404, "not_found", "The shop knows no such order.");
    }
    const what = `<h1>${escaped(payment.description ?? "Your order")}</h1>`;
    const back = '<p><a href="/">Back to the shop</a></p>';
    switch (payment.state) {
      case "claimed":
        return page(layout("Paid", `${what}<p class="paid">Paid. Asante sana!</p>${back}`));
      case "expired":
        return page(
          layout("Ended", `${what}<p>This invoice has ended. Please order again.</p>${back}`),
        );
      default:
        return page(
          layout(
            "Pay",
            `${what}<p>Pay this invoice; the page notices by itself.</p>
<textarea readonly aria-label="Invoice">${escaped(payment.request)}</textarea>
<p><small>npm run wallet -- send ${escaped(payment.request)}</small></p>${back}`,
            2,
          ),
        );
    }
  });
}
