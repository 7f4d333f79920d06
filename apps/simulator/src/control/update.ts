import type { z } from "zod";
import { findCustomer } from "../mpesa/customers.ts";
import type { Customer } from "../mpesa/customers.ts";
import { findShortcode } from "../mpesa/shortcodes.ts";
import type { Shortcode } from "../mpesa/shortcodes.ts";
import type { World } from "../world/world.ts";
import type { customerChange, shortcodeChange } from "./schemas.ts";

/** @returns the updated customer, or undefined when there is none. */
export function updateCustomer(
  world: World,
  msisdn: string,
  change: z.infer<typeof customerChange>,
): Customer | undefined {
  const customer = findCustomer(world.database, msisdn);
  if (customer === undefined) return undefined;
  const pinLocked = change.pinLocked ?? customer.pinLocked;
  world.database.run(
    `UPDATE customer SET pin = ?, status = ?, reachable = ?, language = ?, pin_locked = ?, wrong_pins = ?
     WHERE msisdn = ?`,
    change.pin ?? customer.pin,
    change.status ?? customer.status,
    (change.reachable ?? customer.reachable) ? 1 : 0,
    change.language ?? customer.language,
    pinLocked ? 1 : 0,
    pinLocked === customer.pinLocked ? customer.wrongPins : 0,
    msisdn,
  );
  world.changes.notify(`handset:${msisdn}`, "change");
  return findCustomer(world.database, msisdn);
}

/** @returns the updated shortcode, or undefined when there is none. */
export function updateShortcode(
  world: World,
  number: string,
  change: z.infer<typeof shortcodeChange>,
): Shortcode | undefined {
  const shortcode = findShortcode(world.database, number);
  if (shortcode === undefined) return undefined;
  world.database.run(
    "UPDATE shortcode SET status = ?, pays_out = ?, initiator_locked = ? WHERE shortcode = ?",
    (change.active ?? shortcode.active) ? "active" : "inactive",
    (change.paysOut ?? shortcode.paysOut) ? 1 : 0,
    (change.initiatorLocked ?? shortcode.initiatorLocked) ? 1 : 0,
    number,
  );
  world.changes.notify("control", "change");
  return findShortcode(world.database, number);
}
