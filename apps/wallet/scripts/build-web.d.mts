/**
 * Builds the app for the web into a folder: the page, its script, the wallet's node, fonts, service worker, each also
 * compressed. Does nothing when the folder was built from the same sources. Needs no network.
 */
export declare function buildWeb(folder: string, say?: (line: string) => void): Promise<void>;
