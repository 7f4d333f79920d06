export type WebHome = {
  /** Paths below the folder that was asked for. Their names change with what is in them: cache them for ever. */
  readonly worker: string;
  readonly core: string;
  /** For the page's head: where the app finds them, fetched while the app's own script still comes. */
  readonly headTags: readonly string[];
  readonly workerGzipBytes: number;
};
/** The home of the web: a worker's script, and the core beside it as a file of its own, streamed and cached. */
export declare function bundleWebHome(folder: string, base?: string): Promise<WebHome>;
/**
 * The home of phones: one page that needs nothing else and may reach nothing (`connect-src 'none'`). Its scripts are
 * named by their hashes, so that no other one can run in it.
 */
export declare function nativeHomePage(): Promise<string>;
