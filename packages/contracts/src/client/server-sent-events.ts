/** One server-sent event (HTML standard, §9.2). */
export type ServerSentEvent = {
  readonly id: string | null;
  readonly event: string;
  readonly data: string;
};

/**
 * Reads events out of text that arrives in pieces of any size: feed each piece, get the events that it completes.
 * Comments (heartbeats) and unknown fields are skipped as the standard asks.
 */
export function createServerSentEventParser(): (text: string) => ServerSentEvent[] {
  let buffer = "";
  let data: string[] = [];
  let event = "message";
  let id: string | null = null;

  function line(text: string): ServerSentEvent | null {
    if (text === "") {
      const complete = data.length === 0 ? null : { id, event, data: data.join("\n") };
      data = [];
      event = "message";
      return complete;
    }
    const colon = text.indexOf(":");
    const field = colon === -1 ? text : text.slice(0, colon);
    const value = colon === -1 ? "" : text.slice(colon + 1).replace(/^ /, "");
    if (field === "data") data.push(value);
    else if (field === "event") event = value;
    else if (field === "id" && !value.includes("\0")) id = value;
    return null;
  }

  return (text) => {
    buffer += text;
    const events: ServerSentEvent[] = [];
    // A carriage return at the very end may be the first half of a line end that arrives with the next piece.
    for (let match = nextLine(buffer); match !== null; match = nextLine(buffer)) {
      buffer = buffer.slice(match.end);
      const complete = line(match.text);
      if (complete !== null) events.push(complete);
    }
    return events;
  };
}

function nextLine(text: string): { readonly text: string; readonly end: number } | null {
  const match = /\r\n|\n|\r(?!$)/.exec(text);
  return match === null
    ? null
    : { text: text.slice(0, match.index), end: match.index + match[0].length };
}
