/** The name under which a person recognises this browser in a list: `Chrome, Android`. */
export function deviceName(agent: string = navigator.userAgent): string {
  const browser = firstOf(agent, [
    [/\bEdg/u, "Edge"],
    [/\bOPR\//u, "Opera"],
    [/\bFirefox\//u, "Firefox"],
    [/\bSamsungBrowser\//u, "Samsung Internet"],
    [/\b(?:Headless)?Chrome\/|\bCriOS\//u, "Chrome"],
    [/\bSafari\//u, "Safari"],
  ]);
  const system = firstOf(agent, [
    [/\bAndroid\b/u, "Android"],
    [/\biPhone\b/u, "iPhone"],
    [/\biPad\b/u, "iPad"],
    [/\bWindows\b/u, "Windows"],
    [/\bMac OS X\b/u, "Mac"],
    [/\bCrOS\b/u, "Chromebook"],
    [/\bLinux\b/u, "Linux"],
  ]);
  return [browser ?? "SatsConnect", ...(system === null ? [] : [system])].join(", ");
}

function firstOf(agent: string, names: readonly (readonly [RegExp, string])[]): string | null {
  return names.find(([mark]) => mark.test(agent))?.[1] ?? null;
}
