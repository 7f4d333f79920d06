/** A stall at the market: green boards, chalk prices. Nothing of the wallet's own look. */
export const shopStyle = `
:root { color-scheme: light dark; --ink: #1d2b1f; --paper: #faf6ec; --leaf: #2e6b3a; --on-leaf: #faf6ec; --line: #d9cfb4; --stop: #a02c2c; }
@media (prefers-color-scheme: dark) { :root { --ink: #f0ead9; --paper: #17201a; --leaf: #8ccf98; --on-leaf: #17201a; --line: #3a4a3d; --stop: #ff9d93; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1.05rem/1.5 "Noto Sans", "DejaVu Sans", system-ui, sans-serif; border-top: 10px solid var(--leaf); }
main { margin: 0 auto; max-width: 34rem; padding: 1rem 1rem 2rem; }
header { display: flex; align-items: center; justify-content: space-between; }
h1 { color: var(--leaf); margin: 0; font-size: 2rem; line-height: 1.2; }
a { color: inherit; display: inline-block; padding: .75rem 0; }
ul { list-style: none; padding: 0; margin: 1rem 0; border-top: 1px solid var(--line); }
li { display: flex; gap: 1rem; align-items: center; justify-content: space-between; padding: .6rem 0; border-bottom: 1px solid var(--line); }
form { margin: 0; }
form.own { display: grid; gap: .5rem; padding: .5rem 0 1rem; }
label { display: grid; gap: .25rem; }
input { min-height: 3rem; font: inherit; padding: 0 .75rem; color: inherit; background: transparent; border: 1px solid var(--ink); border-radius: .25rem; }
button { font: inherit; font-weight: 600; min-height: 3rem; padding: 0 1.25rem; border: 0; border-radius: .25rem; background: var(--leaf); color: var(--on-leaf); cursor: pointer; }
:focus-visible { outline: 3px solid var(--ink); outline-offset: 2px; }
.price { font-size: 1.4rem; margin: .25rem 0; }
.code { background: #fff; padding: .5rem; max-width: 20rem; margin: 0 auto 1rem; }
.code svg { display: block; width: 100%; height: auto; }
textarea { width: 100%; min-height: 8rem; font: .85rem/1.4 ui-monospace, monospace; padding: .75rem; color: inherit; background: transparent; border: 1px solid var(--line); border-radius: .25rem; word-break: break-all; }
.paid { font-size: 1.5rem; font-weight: 600; color: var(--leaf); }
[role="alert"] { color: var(--stop); margin: 0; }
.node { overflow-wrap: anywhere; color: inherit; opacity: .8; }
`;
