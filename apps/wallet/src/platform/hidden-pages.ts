import { pageBegin, pageReady } from "@satsconnect/wallet/host";
import type { Pipe } from "@satsconnect/wallet/host";

/** `node`: a wallet's node. `stretch`: stretches one PIN. */
export type PageName = "node" | "stretch";

/** One life of a page in a web view, as the view sees it. */
export type HiddenPage = {
  readonly id: number;
  readonly page: PageName;
  /** What the page says. */
  readonly onText: (text: string) => void;
  /** The view's process has ended, or the page could not be loaded. */
  readonly onDeath: () => void;
  /** The view is there, and takes texts for its page. */
  readonly onView: (post: (text: string) => void) => void;
};

/**
 * The web views that are wanted now. Whoever needs one asks here, outside of React; the component at the app's root
 * shows a view for each.
 */
export class HiddenPages {
  #lives: readonly HiddenPage[] = [];
  #lastId = 0;
  readonly #listeners = new Set<() => void>();

  lives = (): readonly HiddenPage[] => this.#lives;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };

  /** A new view. What is said before its page can hear is kept until then. */
  begin(
    page: PageName,
    session: string,
    onDeath: () => void,
  ): { readonly pipe: Pipe; readonly end: () => void } {
    let post: ((text: string) => void) | undefined;
    let listener: ((raw: unknown) => void) | undefined;
    let isReady = false;
    let isOver = false;
    const waiting: string[] = [];
    const early: string[] = [];
    const greet = (): void => {
      if (!isReady || post === undefined) return;
      post(pageBegin + session);
      for (const text of waiting.splice(0)) post(text);
    };
    const id = (this.#lastId += 1);
    const end = (): void => {
      if (isOver) return;
      isOver = true;
      this.#set(this.#lives.filter((life) => life.id !== id));
    };
    this.#set([
      ...this.#lives,
      {
        id,
        page,
        onText: (text) => {
          if (isOver) return;
          if (!isReady) {
            if (text !== pageReady) return;
            isReady = true;
            greet();
          } else if (text === pageReady) {
            // the page was loaded anew under us: what it knew is gone
            end();
            onDeath();
          } else if (listener === undefined) early.push(text);
          else listener(text);
        },
        onDeath: () => {
          if (isOver) return;
          end();
          onDeath();
        },
        onView: (given) => {
          post = given;
          greet();
        },
      },
    ]);
    return {
      pipe: {
        post: (raw) => {
          if (isOver) return;
          if (isReady && post !== undefined) post(String(raw));
          else waiting.push(String(raw));
        },
        listen: (given) => {
          listener = given;
          for (const text of early.splice(0)) given(text);
        },
        close: end,
      },
      end,
    };
  }

  #set(lives: readonly HiddenPage[]): void {
    this.#lives = lives;
    for (const listener of this.#listeners) listener();
  }
}

/** The app's. */
export const hiddenPages = new HiddenPages();
