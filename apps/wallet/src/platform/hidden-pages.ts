import { pageBegin, pageReady } from "@satsconnect/wallet/host";
import type { Pipe } from "@satsconnect/wallet/host";

/** `node`: runs a wallet's node. `stretch`: stretches one PIN. */
export type PageName = "node" | "stretch";

/** A hidden page, as the web view that shows it sees it. */
export type HiddenPage = {
  readonly id: number;
  readonly name: PageName;
  /** The page posted a message. */
  readonly onText: (text: string) => void;
  /** The view's process ended, or the page could not be loaded. */
  readonly onCrash: () => void;
  /** The view is mounted; `post` delivers a message to its page. */
  readonly onView: (post: (text: string) => void) => void;
};

/**
 * The open hidden pages. Code outside React opens them here; the component at the app's root renders a web view for
 * each.
 */
export class HiddenPages {
  #pages: readonly HiddenPage[] = [];
  #lastId = 0;
  readonly #listeners = new Set<() => void>();

  pages = (): readonly HiddenPage[] => this.#pages;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };

  /**
   * Opens a page. Messages posted before the page is ready are queued. `onCrash` is called at most once, when the
   * page's process ends or the page is reloaded; not after `end`.
   */
  open(
    name: PageName,
    session: string,
    onCrash: () => void,
  ): { readonly pipe: Pipe; readonly end: () => void } {
    let post: ((text: string) => void) | undefined;
    let listener: ((raw: unknown) => void) | undefined;
    let isReady = false;
    let hasEnded = false;
    const outgoing: string[] = [];
    const incoming: string[] = [];
    const startPage = (): void => {
      if (!isReady || post === undefined) return;
      post(pageBegin + session);
      for (const text of outgoing.splice(0)) post(text);
    };
    const id = (this.#lastId += 1);
    const end = (): void => {
      if (hasEnded) return;
      hasEnded = true;
      this.#set(this.#pages.filter((page) => page.id !== id));
    };
    this.#set([
      ...this.#pages,
      {
        id,
        name,
        onText: (text) => {
          if (hasEnded) return;
          if (!isReady) {
            if (text !== pageReady) return;
            isReady = true;
            startPage();
          } else if (text === pageReady) {
            // the page was reloaded: its state is lost
            end();
            onCrash();
          } else if (listener === undefined) incoming.push(text);
          else listener(text);
        },
        onCrash: () => {
          if (hasEnded) return;
          end();
          onCrash();
        },
        onView: (postToView) => {
          post = postToView;
          startPage();
        },
      },
    ]);
    return {
      pipe: {
        post: (raw) => {
          if (hasEnded) return;
          if (isReady && post !== undefined) post(String(raw));
          else outgoing.push(String(raw));
        },
        listen: (onText) => {
          listener = onText;
          for (const text of incoming.splice(0)) onText(text);
        },
        close: end,
      },
      end,
    };
  }

  #set(pages: readonly HiddenPage[]): void {
    this.#pages = pages;
    for (const listener of this.#listeners) listener();
  }
}

/** The app's hidden pages. */
export const hiddenPages = new HiddenPages();
