import { html } from "../web/html.ts";
import type { Html } from "../web/html.ts";
import type { Good } from "./goods.ts";

/** The pictures of the goods. */
export const pictures: Readonly<Record<Good["id"], Html>> = {
  sukuma: html`<svg viewBox="0 0 48 48" aria-hidden="true">
    <path class="stalk" d="M24 46V22M24 40L13 22M24 40l11-18" />
    <path class="leaf" d="M24 2c8 6 9 15 0 25-9-10-8-19 0-25z" />
    <path class="leaf" d="M4 9c10 0 15 6 13 18C6 25 2 18 4 9z" />
    <path class="leaf" d="M44 9c-10 0-15 6-13 18 11-2 15-9 13-18z" />
    <path class="band" d="M18 35h12v5H18z" />
  </svg>`,
  maembe: html`<svg viewBox="0 0 48 48" aria-hidden="true">
    <path class="fruit" d="M4 32c0-8 6-13 12-11s9 10 5 16-17 5-17-5z" />
    <path class="fruit" d="M44 32c0-8-6-13-12-11s-9 10-5 16 17 5 17-5z" />
    <path class="fruit" d="M13 17c1-8 9-12 15-8s7 13 1 17-17 1-16-9z" />
    <path class="leaf" d="M23 8c1-6 7-8 13-6-1 6-7 9-13 6z" />
  </svg>`,
  mayai: html`<svg viewBox="0 0 48 48" aria-hidden="true">
    <ellipse class="egg" cx="13" cy="21" rx="7" ry="9" />
    <ellipse class="egg" cx="35" cy="21" rx="7" ry="9" />
    <ellipse class="egg" cx="24" cy="19" rx="7" ry="9" />
    <ellipse class="egg" cx="18" cy="28" rx="7" ry="9" />
    <ellipse class="egg" cx="30" cy="28" rx="7" ry="9" />
    <path class="tray" d="M2 28h44l-5 13H7z" />
  </svg>`,
  unga: html`<svg viewBox="0 0 48 48" aria-hidden="true">
    <path class="sack" d="M12 4h24l-2 6 4 8v27H10V18l4-8z" />
    <path class="band" d="M10 24h28v11H10z" />
  </svg>`,
};
