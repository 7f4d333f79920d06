let redrawPage: () => void = () => undefined;

/** Sets what draws the current page. */
export function onRedraw(draw: () => void): void {
  redrawPage = draw;
}

/** Draws the current page again, because the person asked for it or did something. */
export function redraw(): void {
  redrawPage();
}

/** Opens another page. */
export function go(address: string): void {
  if (location.hash === address) redrawPage();
  else location.hash = address;
}
